/**
 * One life of a durable engine on one thread: it starts from what is on a simulated disk, runs, takes its shards back to
 * the last checkpoint when they or the disk fail, and ends when it is killed or cannot go on. It does what the runtime
 * does with real threads, but every step is taken from outside: whoever owns it turns its threads, moves its clock and
 * ends the syncs of its disk, in whatever order. After `kill` it must not be used; another one may be started on the
 * same disk.
 */
import { join } from 'node:path';
import { assert } from '../base/assert.ts';
import { Clients } from '../engine/clients.ts';
import type { DataDirectory } from '../engine/data-directory.ts';
import { Edges } from '../engine/edges.ts';
import { type DataRewriting, dataRewriting } from '../engine/data-rewriting.ts';
import { prepareData } from '../engine/prepare-data.ts';
import type { SavepointInfo } from '../engine/savepoint-info.ts';
import { goBack } from '../engine/recovery.ts';
import { ShardDeaths } from '../engine/shard-deaths.ts';
import { WaitingRoom } from '../engine/waiting-room.ts';
import type { Remains } from '../metrics/lookout.ts';
import type { MillraceError } from '../sdk/errors.ts';
import type { Module } from '../sdk/module.ts';
import { type DurableOptions, readFoldedEpochs } from '../shard/durable/durability.ts';
import { CheckedStore } from '../store/checked-store.ts';
import type { DurableGround, ProcessHooks } from './durable-ground.ts';
import { SingleThreadEngine, type SingleThreadOptions } from './single-thread.ts';
import { ThreadDisk } from './thread-disk.ts';
import { TickingClock } from './ticking-clock.ts';

/** How often in a row the shards may fail. */
export const ATTEMPTS_MAX = 4;
/** Whenever an epoch goes on for a moment. */
const ALWAYS_AHEAD = { beforeEndMs: Number.MAX_VALUE, epochMs: 0 };
/** Of messages that waited at a cut, a turn puts down so much for the time that a step of folding takes. */
const BYTES_PER_US = 16;

/** A thread, as it lives now. */
export interface Aim {
  readonly shards: SingleThreadEngine['shards'] | undefined;
  readonly shard: number;
}

export class DurableProcess {
  /** There while it takes messages. */
  engine: SingleThreadEngine | undefined;
  clients: Clients | undefined;
  edges: Edges | undefined;
  data: DataDirectory | undefined;
  /** Why it ended by itself. */
  failure: { readonly cause: unknown } | undefined;
  isRecovering = false;

  readonly #module: Module;
  readonly #options: Partial<SingleThreadOptions> & { readonly shardCount: number };
  readonly #ground: DurableGround;
  readonly #hooks: ProcessHooks;
  readonly #disk: ThreadDisk;
  readonly #waiting = new WaitingRoom();
  readonly #deaths: ShardDeaths;
  #shardDisks: readonly ThreadDisk[] = [];
  /** The thread that has its turn, and how it dies in it. */
  #turned: number | undefined;
  #death: { readonly cause: unknown; readonly remains: Remains } | undefined;
  #isDead = false;

  constructor(
    module: Module,
    options: Partial<SingleThreadOptions> & { readonly shardCount: number },
    ground: DurableGround,
    hooks: ProcessHooks,
  ) {
    this.#module = module;
    this.#options = options;
    this.#ground = ground;
    this.#hooks = hooks;
    this.#deaths = new ShardDeaths(ATTEMPTS_MAX, ground.fatalCount, 0);
    this.#disk = this.#newDisk();
  }

  #newDisk(): ThreadDisk {
    return new ThreadDisk(this.#ground.fileSystem, () => this.#ground.directoryFault());
  }

  /** Begins to start; goes on as the syncs of the disk end. */
  start(): void {
    this.#start().catch((cause: unknown) => this.#fail(cause));
  }

  async #start(): Promise<void> {
    const { directory, from, storeName, openStore, cacheBytes, clock } = this.#ground;
    const { minIntervalMs, maxIntervalMs, keyCountMax, syncsAhead } = this.#ground;
    const { shardCount } = this.#options;
    const place = { path: directory, fileSystem: this.#disk, storeName, newId: () => 'simulated' };
    const rewriting = (): Promise<DataRewriting> => Promise.resolve(dataRewriting({ openStore, cacheBytes }));
    const data = await prepareData(place, { shardCount, from, onProgress: undefined, rewriting });
    await data.makeEgressDirectories(this.#module.egresses.map(({ type }) => type));
    const shards = await this.#openShards(data);
    const ahead = syncsAhead === 1 ? { syncAhead: ALWAYS_AHEAD } : {};
    const coordinator = { data, clock, minIntervalMs, maxIntervalMs, keyCountMax, sizes: this.#ground, ...ahead };
    const hooks = {
      invocationFailed: (error: MillraceError) => this.#hooks.invocationFailed(error),
      egressCrowded: () => {},
      ingressPositions: () => this.edges?.positions() ?? {},
      checkpointFailed: (cause: unknown) => this.fail(cause),
    };
    const engine = new SingleThreadEngine(this.#module, { ...this.#options, clock }, hooks, { coordinator, shards });
    this.data = data;
    this.engine = engine;
    this.#connect(engine, data, keyCountMax);
  }

  #connect(engine: SingleThreadEngine, data: DataDirectory, keyCountMax: number): void {
    const { coordinator } = engine;
    this.clients = new Clients(coordinator, this.#waiting, keyCountMax, {
      checkRunning: () => assert(!this.#isDead, 'nobody speaks to a process that is dead'),
      flush: () => this.flush(),
      flushSoon: () => {},
    });
    this.edges = new Edges(this.#module, coordinator, data.last?.ingresses ?? {}, {
      report: (error) => this.#hooks.reported(error),
      egressFailed: (error) => this.#fail(error),
      wake: () => {},
      flush: () => this.flush(),
    });
    this.edges.open();
  }

  /** Opens what the shards stand on, each with a disk of its own. */
  async #openShards(data: DataDirectory): Promise<DurableOptions[]> {
    const disks = Array.from({ length: this.#options.shardCount }, () => this.#newDisk());
    this.#shardDisks = disks;
    return await Promise.all(disks.map((disk, shard) => this.#openShard(data, disk, shard)));
  }

  async #openShard(data: DataDirectory, fileSystem: ThreadDisk, shard: number): Promise<DurableOptions> {
    const { openStore, cacheBytes, segmentBytes, foldBytes, indexBytesMin, scanBytesMax } = this.#ground;
    const { foldStepUs, foldShare, memoryBytes, spareCountMax, paddingBytes, aheadCountMin, clock } = this.#ground;
    const directory = data.shardDirectory(shard);
    const committed = data.committedOf(shard);
    const store = new CheckedStore(await openStore({ directory: join(directory, 'store'), fileSystem, cacheBytes }));
    const folded = await readFoldedEpochs(store);
    const files = { segmentBytes, spareCountMax, paddingBytes };
    const slices = { foldStepUs, waitingSliceBytes: foldStepUs * BYTES_PER_US, aheadCountMin };
    const bounds = { ...files, ...slices, foldBytes, indexBytesMin, scanBytesMax, memoryBytes };
    const pace = { clock: new TickingClock(clock), share: foldShare };
    return { fileSystem, directory, store, ...folded, committed, pace, ...bounds };
  }

  get isRunning(): boolean {
    return this.engine !== undefined && !this.isRecovering && !this.#isDead && this.failure === undefined;
  }

  /** One turn of one thread. Returns how much there was to do. */
  turn(thread: number): number {
    this.#turned = thread;
    const workCount = this.#guarded(() => this.engine?.turn(thread) ?? 0);
    this.#turned = undefined;
    this.#buryThread();
    return workCount;
  }

  /**
   * The shard that has its turn dies where it stands, of this; or between turns, the one that is aimed at. Its code goes
   * on until somebody notices, but nothing of that is ever seen: not by the disk, and by nobody else, since they all end
   * before they have a turn. False if it is dead already.
   */
  killThread(cause: unknown, aim?: Aim): boolean {
    const { engine } = this;
    const shard = this.#turned ?? aim?.shard;
    assert(shard !== undefined, 'what kills a thread is under way on it');
    if (engine === undefined || this.#death !== undefined || (aim ?? engine).shards !== engine.shards) return false;
    this.#death = { cause, remains: engine.meshes[shard].counters.lookout(shard).remains };
    this.#shardDisks[shard].die();
    if (this.#turned === undefined) this.#buryThread();
    return true;
  }

  #buryThread(): void {
    const { engine } = this;
    const death = this.#death;
    if (death === undefined || engine === undefined) return;
    this.#death = undefined;
    const { cause, remains } = death;
    this.#hooks.threadDied(this.#deaths.failed(engine.shards, cause, remains, this.#ground.clock.elapsedMs()));
    this.fail(cause);
  }

  flush(): void {
    this.#guarded(() => this.engine?.coordinator.flush() ?? 0);
  }

  #guarded(work: () => number): number {
    if (!this.isRunning) return 0;
    try {
      return work();
    } catch (cause) {
      if (this.#death === undefined) this.fail(cause);
      return 0;
    }
  }

  /** Rejects with `SAVEPOINT_FAILED`, and then it goes on. */
  savepoint(path: string): Promise<SavepointInfo> {
    const savepoints = this.engine?.coordinator.checkpoints?.savepoints;
    assert(savepoints !== undefined, 'only an engine that runs makes savepoints');
    return savepoints.make(path);
  }

  /** Something has failed: all shards end, and go back to the last checkpoint. */
  fail(cause: unknown): void {
    if (this.#isDead || this.isRecovering || this.failure !== undefined) return;
    this.isRecovering = true;
    this.#recover(cause).then(
      () => void (this.isRecovering = false),
      (final: unknown) => this.#fail(final),
    );
  }

  #recover(firstCause: unknown): Promise<void> {
    const { clock } = this.#ground;
    return goBack(this.#deaths.attempts, firstCause, {
      now: () => clock.elapsedMs(),
      recovering: (cause) => this.#hooks.recovering(cause),
      endShards: () => Promise.resolve(this.#dropShards()),
      pause: (ms) => clock.sleep(ms),
      rollBack: () => this.engine?.coordinator.checkpoints?.rollBack() ?? Promise.resolve(),
      restart: () => this.#restart(),
      isEnded: () => this.#isDead,
    });
  }

  #dropShards(): void {
    for (const disk of this.#shardDisks) disk.die();
    this.engine?.dropShards();
  }

  async #restart(): Promise<void> {
    const { engine, data } = this;
    assert(engine !== undefined && data !== undefined, 'only an engine that ran goes back');
    const shards = await this.#openShards(data);
    engine.replaceShards(shards, this.#deaths.suspects);
    this.#hooks.recovered();
  }

  /** It cannot go on; whoever owns it kills it. */
  #fail(cause: unknown): void {
    if (this.#isDead || this.failure !== undefined) return;
    this.failure = { cause };
    this.#dropShards();
  }

  /** The process is gone, with whatever it was about to do. The disk is for the caller to kill or crash. */
  kill(): void {
    this.#isDead = true;
    this.#disk.die();
    this.edges?.closeIngresses();
    this.#dropShards();
  }
}
