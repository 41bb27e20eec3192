/**
 * What `testEngine` and its questions can be told. Only types.
 */
import type { OutsideMessageOptions } from '../sdk/message-options.ts';
import type { TraceContext } from '../sdk/trace.ts';

export interface TestEngineOptions {
  /** Shards, all on this thread; default 2. */
  readonly shardCount?: number;
  /** What the virtual clock shows at first: a date, or milliseconds since 1970. Default 2026-01-01, 00:00 UTC. */
  readonly startTime?: Date | number;
  /** What `ctx.random` and `world.random` draw from; default 1. */
  readonly seed?: number;
  /**
   * What becomes of an invocation that throws while nobody asks: `'throw'` (default) rejects the call of the test during
   * which it happens, `'collect'` only adds it to `errors`.
   */
  readonly failures?: 'throw' | 'collect';
  /** How long, in real time, a call of the test waits while nothing moves before it rejects; default 5,000 ms. */
  readonly patienceMs?: number;
}

export interface TestSendOptions extends OutsideMessageOptions {
  /** As of `engine.send`: of messages with the same key only the first is sent. */
  readonly idempotencyKey?: string;
}

export interface TestAskOptions {
  /** Shows as `ctx.trace`. */
  readonly trace?: TraceContext | undefined;
  /** Waits for the reply until so much virtual time has passed. By default it must come without any. */
  readonly timeoutMs?: number;
}
