/**
 * Options of `startEngine`: their meaning, their defaults and their bounds, filled and checked once. Behind this door
 * every option has a value, and nothing asks again whether it makes sense.
 */
import { availableParallelism, totalmem } from 'node:os';
import { KEY_GROUP_COUNT, SHARD_COUNT_MAX } from '../keys/key-group.ts';
import type { IdleMode } from '../ring/idle-strategy.ts';
import { RING_CAPACITY_BYTES_MAX } from '../ring/ring-layout.ts';
import type { AnyEgress } from '../sdk/egress.ts';
import type { AnyIngress, AnyRouter } from '../sdk/ingress.ts';
import { checkFields, checkObject, definitionsOf } from '../sdk/known-fields.ts';
import { DISK_SIZES, type DiskSizes } from './disk-sizes.ts';
import { integer, moduleUrl, oneOf, optionalPath, powerOfTwo, refuse, typed } from './option-checks.ts';
import type { CausalIds } from './outside-meta.ts';
import type { ProgressListener } from './savepoint-progress.ts';

export interface EngineOptions {
  /**
   * The file whose default export (or export named `module`) is a `defineModule(…)`; every thread loads it. Not the file
   * that awaits `startEngine` itself: its functions belong in a file of their own. Or a StateFun `module.yaml`, by URL or
   * by path (see `readModuleYaml` of `millrace/remote`).
   */
  readonly module: URL | string;
  /**
   * The data directory: with one, the engine checkpoints its state, its messages in flight and the positions of its
   * ingresses there, and goes on from the last checkpoint when it is started again. Without one it runs in memory only.
   * One engine at a time may use it.
   */
  readonly directory?: string | URL;
  /**
   * The directory of a savepoint to begin with, of any kind of store and any number of shards. The data directory must be
   * new; the savepoint stays as it is.
   */
  readonly from?: string | URL;
  /**
   * Told how far it has come, when starting takes up a savepoint or carries the data over to another number of shards. At
   * a terminal, standard error shows it as well when it takes longer than a second.
   */
  readonly onProgress?: ProgressListener;
  /** Shortest time between the beginnings of two checkpoints, in milliseconds; default 0: as soon as somebody waits. */
  readonly minIntervalMs?: number;
  /** Longest time between two checkpoints while anything happens, in milliseconds; default 1,000. */
  readonly maxIntervalMs?: number;
  /**
   * Memory for state and for the rings between threads, in bytes, over all shards: entities, the caches of their stores, and
   * rings, which have half of it at most. Default a quarter of the machine's memory. State that does not fit stays on disk.
   */
  readonly memory?: number;
  /** How many idempotency keys are remembered, oldest forgotten first; default 100,000. */
  readonly idempotencyKeyCount?: number;
  /**
   * How often in a row the shards may fail and go back to the last checkpoint before the engine fails; default 10, which with
   * its growing pauses outlasts some 15 seconds of a full disk.
   */
  readonly maxRecoveries?: number;
  /**
   * How often in a row a message may end the thread that handles it (by ending the process, using up its memory, a
   * rejection that nobody catches while it is under way, or a loop that `stuckEndMs` ends) before it is quarantined: it then fails as its function's policy says, without being
   * handled again. Default 3, at least 2.
   */
  readonly fatalCount?: number;
  /**
   * How long an invocation may hold up its thread, also behind an `await`, before that is reported as `SHARD_STUCK`;
   * default 30,000, 0 for never.
   */
  readonly stuckMs?: number;
  /** How long it may before its thread is ended, as if it had died; default 0, never. */
  readonly stuckEndMs?: number;
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
  /**
   * Where overflow goes that does not fit into memory, into a new folder; default the system's temporary folder. What a
   * killed process leaves there is removed by the next one on the same data directory.
   */
  readonly spillDirectory?: string | URL;
  /** How many messages may wait in a shard before input is held back; default 16,384. */
  readonly creditCount?: number;
  /**
   * Which messages from outside get a causal id (see `ctx.trace`): `'traced'`, those that bring a `trace` along, which is
   * the default and costs the others nothing; or `'all'`.
   */
  readonly causalIds?: CausalIds;
  /**
   * How many async invocations and operations of `ctx.async` may be under way in each shard; default 10,000. At that
   * bound messages to async functions wait, in order per address; functions that finish at once go on.
   */
  readonly asyncPerShard?: number;
  /** Freezes and checks state values; default true unless `NODE_ENV` is `production`. */
  readonly development?: boolean;
  /** Heap limit of each worker thread, in MiB; default Node's own. */
  readonly maxHeapMiB?: number;
}

export type FilledOptions = Required<
  Omit<EngineOptions, 'module' | 'directory' | 'from' | 'onProgress' | 'spillDirectory' | 'maxHeapMiB'>
> & {
  readonly module: string;
  readonly directory: string | undefined;
  readonly from: string | undefined;
  readonly onProgress: ProgressListener | undefined;
  readonly spillDirectory: string | undefined;
  readonly maxHeapMiB: number | undefined;
  readonly diskSizes: DiskSizes;
};

/** An hour. */
const INTERVAL_MS_MAX = 3_600_000;
const CAUSAL_IDS: readonly CausalIds[] = ['traced', 'all'];
const IDLE_MODES: readonly IdleMode[] = ['spin', 'yield', 'park'];

function savepointPath({ from, directory }: EngineOptions): string | undefined {
  if (from !== undefined && directory === undefined) refuse('from', from, 'a path beside the option directory');
  return optionalPath('from', from);
}

/** Fills in defaults; throws `INVALID_OPTION`. */
export function fillOptions(options: EngineOptions): FilledOptions {
  checkObject('INVALID_OPTION', 'The options of startEngine', options, 'the fields module, directory and others');
  const MiB = 1024 * 1024;
  const minIntervalMs = integer('minIntervalMs', options.minIntervalMs, 0, 0, INTERVAL_MS_MAX);
  const filled = {
    module: moduleUrl(options.module),
    directory: optionalPath('directory', options.directory),
    from: savepointPath(options),
    onProgress: typed('onProgress', options.onProgress, 'function', 'a function'),
    minIntervalMs,
    maxIntervalMs: integer(
      'maxIntervalMs',
      options.maxIntervalMs,
      Math.max(minIntervalMs, 1_000),
      minIntervalMs,
      INTERVAL_MS_MAX,
    ),
    memory: integer('memory', options.memory, Math.floor(totalmem() / 4), 16 * MiB, Number.MAX_SAFE_INTEGER),
    idempotencyKeyCount: integer('idempotencyKeyCount', options.idempotencyKeyCount, 100_000, 1, 10_000_000),
    maxRecoveries: integer('maxRecoveries', options.maxRecoveries, 10, 0, 1_000),
    fatalCount: integer('fatalCount', options.fatalCount, 3, 2, 1_000),
    stuckMs: integer('stuckMs', options.stuckMs, 30_000, 0, INTERVAL_MS_MAX),
    stuckEndMs: integer('stuckEndMs', options.stuckEndMs, 0, 0, INTERVAL_MS_MAX),
    shardCount: integer(
      'shardCount',
      options.shardCount,
      Math.min(availableParallelism(), SHARD_COUNT_MAX),
      1,
      Math.min(SHARD_COUNT_MAX, KEY_GROUP_COUNT),
    ),
    ingresses: definitionsOf<AnyIngress>('INVALID_OPTION', 'The option', 'ingresses', options.ingresses, 'ingress'),
    routers: definitionsOf<AnyRouter>('INVALID_OPTION', 'The option', 'routers', options.routers, 'router'),
    egresses: definitionsOf<AnyEgress>('INVALID_OPTION', 'The option', 'egresses', options.egresses, 'egress'),
    idle: oneOf('idle', options.idle, 'park', IDLE_MODES),
    maxMessageBytes: integer('maxMessageBytes', options.maxMessageBytes, 16 * MiB, 64 * 1024, 256 * MiB),
    ringCapacityBytes: powerOfTwo(
      'ringCapacityBytes',
      options.ringCapacityBytes,
      256 * 1024,
      4096,
      RING_CAPACITY_BYTES_MAX,
    ),
    overflowBytes: integer('overflowBytes', options.overflowBytes, 8 * MiB, 0, Number.MAX_SAFE_INTEGER),
    spillDirectory: optionalPath('spillDirectory', options.spillDirectory),
    creditCount: integer('creditCount', options.creditCount, 16_384, 1, 1 << 30),
    asyncPerShard: integer('asyncPerShard', options.asyncPerShard, 10_000, 1, 1 << 20),
    causalIds: oneOf('causalIds', options.causalIds, 'traced', CAUSAL_IDS),
    development:
      typed('development', options.development, 'boolean', 'true or false') ?? process.env['NODE_ENV'] !== 'production',
    maxHeapMiB:
      options.maxHeapMiB === undefined ? undefined : integer('maxHeapMiB', options.maxHeapMiB, 0, 16, 1 << 20),
  };
  checkFields('INVALID_OPTION', 'startEngine', options, new Set(Object.keys(filled)));
  return { ...filled, diskSizes: DISK_SIZES };
}
