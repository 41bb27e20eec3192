/**
 * What users explore: a module, what clients do with it, and what must hold. Only types.
 */
import type { DeadLetterOutcome } from '../engine/dead-letters.ts';
import type { UnparkOptions } from '../engine/parked.ts';
import type { Address } from '../sdk/address.ts';
import type { DeadLetter, DeadLetterFilter, ParkedAddressInfo } from '../sdk/dead-letter.ts';
import type { Duration } from '../sdk/duration.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { IngressType } from '../sdk/ingress.ts';
import type { Cut } from './cut.ts';
import type { ModuleSource } from './world.ts';

/**
 * One client, or many at once, outside an engine that crashes. It lives on when the process dies, and then tries again
 * what was not acknowledged, as a client in production would.
 */
export interface ScenarioClient {
  /**
   * Sends a message until it is committed, however often the process dies meanwhile, and resolves then. It has an
   * idempotency key (one of its own unless you give one), so it takes effect once; now and then it is sent again for no
   * reason, as impatient clients do. Sends that you do not await one by one may overtake each other when they are tried
   * again.
   */
  send<Message>(
    target: FunctionType<Message>,
    id: string,
    message: NoInfer<Message>,
    options?: { readonly idempotencyKey?: string },
  ): Promise<void>;
  send(target: string, id: string, message: unknown, options?: { readonly idempotencyKey?: string }): Promise<void>;
  /**
   * Asks, and resolves with the committed reply. A question has no idempotency key: when the process dies before its
   * answer has come, it is asked again, and what it does may then be done twice.
   */
  ask<Message, Reply>(target: FunctionType<Message, Reply>, id: string, message: NoInfer<Message>): Promise<Reply>;
  ask(target: string, id: string, message: unknown): Promise<unknown>;
  /**
   * As `engine.deadLetters.redrive`; what it causes has happened with `settle`. When the process dies before the answer
   * has come, it is ordered again, of what was there when it was first ordered, and the answer counts that order alone.
   * This holds for all such orders.
   */
  redrive(which?: DeadLetterFilter | Iterable<string>): Promise<DeadLetterOutcome>;
  /** As `engine.deadLetters.drop`. */
  dropDeadLetters(which: DeadLetterFilter | Iterable<string>): Promise<DeadLetterOutcome>;
  /** As `engine.deadLetters.edit`, of those that are selected. After a crash `change` may get what it has changed before. */
  editDeadLetters(
    which: DeadLetterFilter | Iterable<string>,
    change: (letter: DeadLetter) => unknown,
  ): Promise<DeadLetterOutcome>;
  /** As `engine.parked.list`: what is parked now, committed or not. */
  parked(filter?: DeadLetterFilter): Promise<ParkedAddressInfo[]>;
  /** As `engine.parked.unpark`. */
  unpark(which: Address | DeadLetterFilter, options?: UnparkOptions): Promise<number>;
  /** Adds records to what an ingress reads. Each is routed once, whatever happens; `settle` waits for what comes of it. */
  feed<Record>(ingress: IngressType<Record>, ...records: readonly NoInfer<Record>[]): void;
  feed(ingress: string, ...records: readonly unknown[]): void;
  /**
   * Resolves when so much virtual time has passed and all that fell due has been done. A crash may undo the last of it, which
   * is then done again later; `settle` waits until it is committed.
   */
  advance(duration: Duration): Promise<void>;
  /**
   * Sets the engine's clock forward by so many milliseconds, or back where they are negative, as somebody may on any
   * machine. No time passes by that.
   */
  jump(ms: number): void;
  /** Resolves when all that was sent has been done and is committed, with the cut of that moment. */
  settle(): Promise<Cut>;
  /** Virtual time, in milliseconds since 1970. */
  now(): number;
  /** A number from 0 to 1, 1 not included, from the seed: for scenarios that differ from seed to seed. */
  random(): number;
}

export interface Scenario {
  readonly module: ModuleSource;
  /** What happens from outside. It may await what its client returns, and nothing else. */
  run(t: ScenarioClient): Promise<void> | void;
  /** Called for every committed cut, and for what a crash leaves on disk. Throws if anything is not as it must be. */
  invariant?(cut: Cut): Promise<void> | void;
  /**
   * Called with the last cut, when all is done that was sent and has fallen due. Throws if the outcome is wrong. What is
   * delayed may have come due since.
   */
  outcome?(cut: Cut): Promise<void> | void;
  /** Whether an invocation that throws while nobody asks fails the run (`'throw'`, the default) or may happen. */
  readonly failures?: 'throw' | 'allow';
}

export interface ExploreOptions {
  /** How many seeds to try; default 100. Each is another run: other sizes, other orders, other crashes. */
  readonly seeds?: number;
  /** The first of them; default 1. */
  readonly firstSeed?: number;
  /** Tries just this one. The environment variable `MILLRACE_SEED` does the same from outside. */
  readonly seed?: number;
  /** Whether the process is killed and the power fails; default true. */
  readonly crashes?: boolean;
  /** Whether shards fail, calls of the disk fail and the disk runs full; default true. */
  readonly faults?: boolean;
  /** How many of the last events of a failed run are shown; default 40. */
  readonly traceEvents?: number;
}

/** What happened in all runs together. */
export interface ExploreReport {
  readonly seeds: number;
  readonly invocations: number;
  readonly commits: number;
  /** Committed cuts for which the invariant was checked. */
  readonly cuts: number;
  /** How often the process died, by power loss or kill. */
  readonly deaths: number;
  /** How often shards went back to the last checkpoint within a process. */
  readonly recoveries: number;
}
