/**
 * What `testEngine` and its questions can be told, with the defaults. What there is not is refused, as by an engine.
 */
import { integer, oneOf, refuse, timeLimit } from '../engine/option-checks.ts';
import { SHARD_COUNT_MAX } from '../keys/key-group.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
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
   * What becomes of an invocation that throws while nobody asks, and of a router that throws: `'throw'` (default) rejects
   * the call of the test during which it happens, `'collect'` only adds it to `errors`.
   */
  readonly failures?: 'throw' | 'collect';
  /**
   * How long, in real time, a call of the test waits while nothing moves; default 3,000 ms, which is less than test
   * runners give a test. Then it rejects; but where a function with a deadline is under way, which waits for that perhaps,
   * it resolves, and `advance` brings the deadline.
   */
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

export interface FilledTestOptions extends Required<TestEngineOptions> {
  readonly startTime: number;
}

const OPTIONS = namesOf<TestEngineOptions>('shardCount', 'startTime', 'seed', 'failures', 'patienceMs');
const ASK_OPTIONS = namesOf<TestAskOptions>('trace', 'timeoutMs');
const START_TIME = Date.UTC(2026, 0, 1);

/** Throws `INVALID_OPTION`. */
export function fillTestOptions(options: TestEngineOptions): FilledTestOptions {
  checkFields('INVALID_OPTION', 'testEngine', options, OPTIONS);
  return {
    shardCount: integer('shardCount', options.shardCount, 2, 1, SHARD_COUNT_MAX),
    startTime: momentOf(options.startTime),
    seed: integer('seed', options.seed, 1, 0, Number.MAX_SAFE_INTEGER),
    failures: oneOf('failures', options.failures, 'throw', ['throw', 'collect']),
    patienceMs: timeLimit('patienceMs', options.patienceMs, 3_000),
  };
}

function momentOf(given: unknown = START_TIME): number {
  const moment = given instanceof Date || typeof given === 'number' ? Number(given) : Number.NaN;
  return Number.isFinite(moment) ? moment : refuse('startTime', given, 'a date, or milliseconds since 1970');
}

/** Throws `INVALID_OPTION`. */
export function checkTestAskOptions(options: TestAskOptions): void {
  checkFields('INVALID_OPTION', 'ask', options, ASK_OPTIONS);
  timeLimit('timeoutMs', options.timeoutMs, 0);
}
