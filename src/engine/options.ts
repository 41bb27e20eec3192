/**
 * Options of `startEngine`: their meaning, their defaults and their bounds, filled and checked once. Behind this door
 * every option has a value, and nothing asks again whether it makes sense.
 */
import { availableParallelism } from 'node:os';
import { KEY_GROUP_COUNT, SHARD_COUNT_MAX } from '../keys/key-group.ts';
import type { IdleMode } from '../ring/idle-strategy.ts';
import { RING_CAPACITY_BYTES_MAX } from '../ring/ring-layout.ts';
import type { AnyEgress } from '../sdk/egress.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { AnyIngress, AnyRouter } from '../sdk/ingress.ts';

export interface EngineOptions {
  /**
   * The file whose default export (or export named `module`) is a `defineModule(…)`; every thread loads it. Not the file
   * that awaits `startEngine` itself: its functions belong in a file of their own.
   */
  readonly module: URL | string;
  /** How many worker threads; default one per core, 1 to 256. */
  readonly shardCount?: number;
  /** Ingresses that only this process has, beside those of the module. */
  readonly ingresses?: readonly AnyIngress[];
  readonly routers?: readonly AnyRouter[];
  /** Sinks for egresses that the module declares without one. */
  readonly egresses?: readonly AnyEgress[];
  /** What idle threads do; default `'park'`. See `IdleStrategy`. */
  readonly idle?: IdleMode;
  /** Longest encoded message; default 16 MiB, at least 64 KiB. */
  readonly maxMessageBytes?: number;
  /** Capacity of each ring, a power of two from 4 KiB; default 256 KiB. There are (shards + 1)² − (shards + 1) rings. */
  readonly ringCapacityBytes?: number;
  /** What a full ring or a crowded mailbox may leave in memory, each, before it goes to disk; default 8 MiB. */
  readonly overflowBytes?: number;
  /** Where overflow goes that does not fit into memory; default a new folder in the system's temporary folder. */
  readonly spillDirectory?: string;
  /** How many messages may wait in a shard before input is held back; default 16,384. */
  readonly creditCount?: number;
  /** Freezes and checks state values; default true unless `NODE_ENV` is `production`. */
  readonly development?: boolean;
  /** Heap limit of each worker thread, in MiB; default Node's own. */
  readonly maxHeapMiB?: number;
}

export type FilledOptions = Required<Omit<EngineOptions, 'module' | 'spillDirectory' | 'maxHeapMiB'>> & {
  readonly module: string;
  readonly spillDirectory: string | undefined;
  readonly maxHeapMiB: number | undefined;
};

const IDLE_MODES: readonly IdleMode[] = ['spin', 'yield', 'park'];

function refuse(name: string, given: unknown, allowed: string): never {
  throw new MillraceError('INVALID_OPTION', `The option ${name} is ${describe(given)}; allowed is ${allowed}.`, {
    details: { option: name },
  });
}

function integer(name: string, given: number | undefined, byDefault: number, min: number, max: number): number {
  const value = given ?? byDefault;
  if (!Number.isSafeInteger(value) || value < min || value > max)
    refuse(name, given, `a whole number from ${min} to ${max}`);
  return value;
}

function powerOfTwo(name: string, given: number | undefined, byDefault: number, min: number, max: number): number {
  const value = integer(name, given, byDefault, min, max);
  if ((value & (value - 1)) !== 0) refuse(name, given, `a power of two from ${min} to ${max}`);
  return value;
}

function moduleUrl(given: unknown): string {
  if (given instanceof URL) return given.href;
  if (typeof given === 'string' && given.startsWith('file:')) return given;
  return refuse('module', given, "a file URL, such as new URL('./shop.ts', import.meta.url)");
}

/** Fills in defaults; throws `INVALID_OPTION`. */
export function fillOptions(options: EngineOptions): FilledOptions {
  if (typeof options !== 'object' || options === null) refuse('startEngine(options)', options, 'an object');
  const idle = options.idle ?? 'park';
  if (!IDLE_MODES.includes(idle)) refuse('idle', idle, IDLE_MODES.map((mode) => `'${mode}'`).join(', '));
  const MiB = 1024 * 1024;
  return {
    module: moduleUrl(options.module),
    shardCount: integer(
      'shardCount',
      options.shardCount,
      Math.min(availableParallelism(), SHARD_COUNT_MAX),
      1,
      Math.min(SHARD_COUNT_MAX, KEY_GROUP_COUNT),
    ),
    ingresses: options.ingresses ?? [],
    routers: options.routers ?? [],
    egresses: options.egresses ?? [],
    idle,
    maxMessageBytes: integer('maxMessageBytes', options.maxMessageBytes, 16 * MiB, 64 * 1024, 256 * MiB),
    ringCapacityBytes: powerOfTwo(
      'ringCapacityBytes',
      options.ringCapacityBytes,
      256 * 1024,
      4096,
      RING_CAPACITY_BYTES_MAX,
    ),
    overflowBytes: integer('overflowBytes', options.overflowBytes, 8 * MiB, 0, Number.MAX_SAFE_INTEGER),
    spillDirectory: options.spillDirectory,
    creditCount: integer('creditCount', options.creditCount, 16_384, 1, 1 << 30),
    development: options.development ?? process.env['NODE_ENV'] !== 'production',
    maxHeapMiB:
      options.maxHeapMiB === undefined ? undefined : integer('maxHeapMiB', options.maxHeapMiB, 0, 16, 1 << 20),
  };
}
