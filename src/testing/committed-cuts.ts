/**
 * Looks at what a simulated run has committed: now and then after a commit, after every death and in the end it reads the
 * cut off a clone of the disk and has the model check it. It remembers the last epoch that anybody has heard of, which
 * nothing may take back (I8).
 */
import type { Prng } from '../base/prng.ts';
import type { Module } from '../sdk/module.ts';
import type { CommittedCut } from './committed-cut.ts';
import type { DurableSetting } from './durable-setting.ts';
import type { Home } from './home.ts';
import type { SimulatedFileSystem } from './simulated-file-system.ts';
import type { Statistics } from './statistics.ts';
import { check } from './violation.ts';
import type { Workload } from './workload.ts';

export interface CutGround {
  readonly prng: Prng;
  readonly setting: DurableSetting;
  readonly statistics: Statistics;
  readonly disk: SimulatedFileSystem;
  readonly home: Home;
  readonly workload: Workload;
  /** Makes it part of the run's digest. */
  note(what: number): void;
}

export class CommittedCuts {
  readonly #ground: CutGround;
  #epoch = 0;

  constructor(ground: CutGround) {
    this.#ground = ground;
  }

  /** A process that runs this module has committed so much. */
  async heardOf(epoch: number, module: Module): Promise<void> {
    if (epoch <= this.#epoch) return;
    this.#epoch = epoch;
    const { prng, setting, statistics, workload, note } = this.#ground;
    statistics.commits++;
    note(epoch);
    workload.happened?.(`epoch ${epoch} is committed`);
    if (!prng.chance(1 / setting.cutInterval)) return;
    const disk = this.#ground.disk.clone();
    if (prng.chance(0.5)) disk.crash(prng);
    await this.check(disk, module);
  }

  /** `disk` is a clone, and of no use afterwards. */
  async check(disk: SimulatedFileSystem, module: Module): Promise<CommittedCut> {
    const { statistics, home, workload, note } = this.#ground;
    const known = workload.known();
    const cut = await home.readCut(disk, module);
    const epoch = cut.entry?.epoch ?? 0;
    check(epoch >= this.#epoch, () => `epoch ${this.#epoch} was committed, and only ${epoch} is there (I8)`);
    statistics.addCut(cut);
    note(cut.messages.length);
    await workload.checkCut(cut, known, disk);
    return cut;
  }
}
