/**
 * Something that lives beside a shard for as long as its thread does: connections to an endpoint, a function process. A
 * function brings it along; the shard's thread starts each one once, before the first message, and stops it at the end.
 * The threads that only read the module never start it, so making one must open nothing.
 */
import type { MillraceError } from './errors.ts';

/** Where it lives. */
export interface CompanionPlace {
  readonly shard: number;
  readonly shardCount: number;
  /** Tells the engine's `error` listeners; at any time, also outside of invocations. */
  report(error: MillraceError): void;
}

export interface Companion {
  start(place: CompanionPlace): void;
  /** Ends it. What it was asked for and has not done fails. */
  stop(): Promise<void>;
  /** What it would say of itself: for `engine.endpoints()`. Plain data. */
  status(): readonly object[];
}
