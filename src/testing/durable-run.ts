/**
 * One simulated run with a disk: the whole engine on one thread, with shards, coordinator, clients, clock and the syncs of
 * the disk taking steps in a random order that the seed decides, while processes die and are started again, also with
 * another number of shards and from savepoints, and shards and the disk fail. Committed cuts are read and checked on the way, and in the end everything must be as the model says.
 */
import { setImmediate } from 'node:timers/promises';
import { Prng } from '../base/prng.ts';
import { hashId } from '../keys/id-hash.ts';
import { shardOfHash } from '../keys/key-group.ts';
import type { Module } from '../sdk/module.ts';
import { CommittedCuts } from './committed-cuts.ts';
import type { DurableGround } from './durable-ground.ts';
import { type Aim, DurableProcess } from './durable-process.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import { SimulatedFileSystem } from './simulated-file-system.ts';
import { Chaos, ShardFailure } from './chaos.ts';
import { Diary } from './diary.ts';
import { simulatedGround } from './simulated-ground.ts';
import type { DurableSetting } from './durable-setting.ts';
import { Home } from './home.ts';
import { Lingerers } from './linger.ts';
import { check } from './violation.ts';
import { Scheduler } from './scheduler.ts';
import { Statistics } from './statistics.ts';
import { StepLimits } from './step-limits.ts';
import type { NewWorkload, Workload } from './workload.ts';

const TICK_MS_MAX = 15;
/** Hardly any time passes while a savepoint is to be made before anything else is committed. */
const HELD_TICK_MS_MAX = 2;
const IDLE_TURN_STEPS = 4;

export interface DurableOutcome {
  readonly hash: string;
  readonly statistics: Statistics;
}

export class DurableRun {
  readonly #prng: Prng;
  readonly #setting: DurableSetting;
  readonly #statistics = new Statistics();
  readonly #disk = new SimulatedFileSystem();
  readonly #clock: SimulatedClock;
  readonly #chaos: Chaos;
  readonly #home: Home;
  readonly #cuts: CommittedCuts;
  readonly #scheduler: Scheduler;
  readonly #workload: Workload;
  readonly #ground: DurableGround;
  readonly #lingerers: Lingerers;
  #module: Module;
  #process: DurableProcess;
  #wasRunning = false;
  #hash = 0x811c9dc5 | 0;
  readonly #diary: Diary;

  constructor(seed: number, setting: DurableSetting, clock: SimulatedClock, newWorkload: NewWorkload) {
    this.#clock = clock;
    this.#prng = new Prng(seed * 2 + 1);
    this.#setting = setting;
    this.#chaos = new Chaos(this.#prng, this.#disk, setting, this.#statistics);
    const home = new Home(this.#prng, setting, this.#statistics);
    this.#home = home;
    this.#scheduler = new Scheduler(this.#prng);
    this.#lingerers = new Lingerers(this.#prng);
    this.#workload = newWorkload({
      prng: this.#prng,
      clock: this.#clock,
      fileSystem: this.#disk,
      setting,
      get shardCount() {
        return home.shardCount;
      },
      note: (what) => this.#note(what),
      linger: () => this.#lingerers.linger(),
      killThread: (died) => this.#killThread(died),
      aimAtThread: (id) => this.#aimAtThread(id),
      readCut: () => home.readCut(this.#disk.clone(), this.#module),
    });
    this.#cuts = new CommittedCuts({
      prng: this.#prng,
      setting,
      statistics: this.#statistics,
      disk: this.#disk,
      home,
      workload: this.#workload,
      note: (what) => this.#note(what),
    });
    this.#ground = simulatedGround(setting, {
      fileSystem: this.#disk,
      clock: this.#clock,
      prng: this.#prng,
      chaos: this.#chaos,
      statistics: this.#statistics,
    });
    this.#diary = new Diary(this.#statistics, this.#workload, () => this.#process);
    this.#module = this.#workload.newModule();
    this.#process = this.#newProcess(this.#module);
  }

  #note(what: number): void {
    this.#hash = Math.imul(this.#hash ^ what, 0x01000193);
  }

  // -- processes

  #newProcess(module: Module): DurableProcess {
    const { shardCount, directory, from } = this.#home;
    const development = this.#setting.production === 0;
    const random = (): number => this.#prng.fraction();
    const options = { ...this.#setting, development, shardCount, random, spillFault: () => this.#chaos.spillFault() };
    const process = new DurableProcess(module, options, { ...this.#ground, directory, from }, this.#diary);
    process.start();
    this.#wasRunning = false;
    return process;
  }

  #killThread(died: () => void, aim?: Aim): never {
    const cause = new ShardFailure('a message has ended its thread');
    if (this.#process.killThread(cause, aim)) died();
    throw cause;
  }

  #aimAtThread(id: string): (died: () => void) => never {
    const shard = shardOfHash(hashId(id), this.#home.shardCount);
    const aim = { shards: this.#process.engine?.shards, shard };
    return (died) => this.#killThread(died, aim);
  }

  async #die(death: 'crash' | 'kill'): Promise<void> {
    if (!this.#wasRunning) this.#statistics.deathsWhileStarting++;
    this.#process.kill();
    this.#clock.forgetSleepers();
    this.#lingerers.forget();
    if (death === 'kill') this.#disk.kill();
    else this.#disk.crash(this.#prng);
    if (death === 'kill') this.#statistics.kills++;
    else this.#statistics.crashes++;
    this.#note(death.length);
    this.#workload.happened?.(death === 'kill' ? 'the process is killed' : 'the power fails');
    await setImmediate();
    this.#workload.died();
    await this.#cuts.check(this.#disk.clone(), this.#module);
    this.#home.died();
    this.#module = this.#workload.newModule();
    this.#process = this.#newProcess(this.#module);
  }

  // -- steps

  async run(): Promise<DurableOutcome> {
    do await this.#runUntilOver();
    while (!(await this.#finish()));
    return { hash: (this.#hash >>> 0).toString(16).padStart(8, '0'), statistics: this.#statistics };
  }

  async #runUntilOver(): Promise<void> {
    const limits = new StepLimits(() => this.#workload.waitsFor);
    while (!this.#isOver()) {
      this.#statistics.steps++;
      limits.stepped(await this.#step());
      this.#diary.check();
    }
  }

  #isOver(): boolean {
    const { engine, isRunning } = this.#process;
    if (!isRunning || engine === undefined || !this.#workload.isDone()) return false;
    return engine.coordinator.isQuiescent && engine.coordinator.ledgers.every(({ pendingCount }) => pendingCount === 0);
  }

  async #step(): Promise<boolean> {
    if (this.#process.failure !== undefined) {
      const { cause } = this.#process.failure;
      if (!this.#home.wasFilled(cause)) this.#diary.expect(cause);
      if (this.#process.engine !== undefined) this.#diary.gaveUp(cause);
      this.#statistics.processFailures++;
      await this.#die(this.#prng.chance(0.5) ? 'crash' : 'kill');
      return true;
    }
    const death = this.#chaos.death(!this.#process.isRunning);
    if (death !== undefined) await this.#die(death);
    if (this.#home.movesOut(this.#process)) await this.#die(this.#prng.pick(['crash', 'kill']));
    if (this.#process.isRunning && this.#chaos.shardFails()) this.#process.fail(new ShardFailure('as ordered'));
    this.#chaos.fillDisk();
    const moved = this.#act();
    // Where nothing has moved, hardly any promise can go on; what counts turns of the event loop gets some, too.
    if (moved || this.#statistics.steps % IDLE_TURN_STEPS === 0) await setImmediate();
    await this.#lookAround();
    return moved;
  }

  #act(): boolean {
    const process = this.#process;
    if (this.#lingerers.release()) return true;
    const threadCount = this.#home.shardCount + 1;
    // A start is a long row of syncs, and nothing else can happen meanwhile.
    const isWaiting = process.engine === undefined && this.#prng.chance(0.8);
    const who = isWaiting ? threadCount + 3 : this.#scheduler.choose(threadCount + 5);
    this.#note(who);
    if (who < threadCount) return this.#turn(who);
    const isHeld = this.#home.holdsOutside;
    if (who === threadCount) return process.isRunning && !isHeld && this.#workload.step(process);
    if (who === threadCount + 1) return this.#clock.wakeNext();
    if (who === threadCount + 2) {
      this.#clock.advance(this.#prng.below(isHeld ? HELD_TICK_MS_MAX : TICK_MS_MAX));
      return false;
    }
    return this.#chaos.endSyncs();
  }

  #turn(thread: number): boolean {
    const entities = this.#process.engine?.shards[thread]?.entities;
    const before = entities?.size ?? 0;
    const moved = this.#process.turn(thread) > 0;
    this.#statistics.evictions += Math.max(0, before - (entities?.size ?? 0));
    return moved;
  }

  async #lookAround(): Promise<void> {
    const { violations } = this.#disk;
    check(violations.length === 0, () => violations.join('; '));
    const { data, isRunning } = this.#process;
    const { shardCount } = this.#home;
    if (isRunning && !this.#wasRunning) {
      this.#wasRunning = true;
      this.#home.settled();
      this.#workload.happened?.(`the process runs with ${shardCount} shards, from epoch ${data?.lastEpoch ?? 0}`);
      this.#workload.started(this.#process);
    }
    await this.#cuts.heardOf(data?.lastEpoch ?? 0, this.#module);
  }

  /** One more checkpoint, and then the disk alone must hold all that the model says. */
  async #finish(): Promise<boolean> {
    this.#chaos.end();
    let isCommitted = false;
    void this.#process.clients?.checkpoint().then(() => (isCommitted = true));
    const floodedCount = (): number => this.#process.engine?.coordinator.input.flooded.count ?? 0;
    const limits = new StepLimits(() => `last checkpoint ended: ${isCommitted}, still flooded: ${floodedCount()}`);
    // The last word of a shard about who is flooded may come after the checkpoint, but come it must.
    while (!isCommitted || floodedCount() > 0) {
      limits.stepped(true); // A disk that takes its time is no standstill.
      this.#act();
      await setImmediate(); // An earlier fault of the disk can still end the process; then another one has to finish.
      if (this.#process.failure !== undefined) return false;
      this.#diary.check();
    }
    const storages = this.#process.engine?.storages ?? [];
    this.#statistics.spilledBlocks = storages.reduce((sum, { blocksWritten }) => sum + blocksWritten, 0);
    this.#process.kill();
    this.#disk.crash(this.#prng);
    const disk = this.#disk.clone();
    await this.#workload.checkEnd(await this.#cuts.check(disk, this.#module), disk);
    return true;
  }
}
