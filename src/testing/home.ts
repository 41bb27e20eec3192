/**
 * Where the data of a simulated run lies, and how it moves. A process may have another number of shards than the one
 * before it. And now and then a savepoint is made while the engine runs: if nothing has been committed since the
 * checkpoint that it is a copy of, it is all that anybody outside may rely on, so the process can end there and the next
 * one start from the savepoint, in a directory of its own. To the model that is a death like any other.
 */
import type { Prng } from '../base/prng.ts';
import { DataDirectory } from '../engine/data-directory.ts';
import { dataRewriting } from '../engine/data-rewriting.ts';
import { prepareData } from '../engine/prepare-data.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { Module } from '../sdk/module.ts';
import { isExpectedFailure } from './chaos.ts';
import { type CommittedCut, readCommittedCut } from './committed-cut.ts';
import type { DurableProcess } from './durable-process.ts';
import type { DurableSetting } from './durable-setting.ts';
import type { SimulatedFileSystem } from './simulated-file-system.ts';
import { SIMULATED_PLACE } from './simulated-ground.ts';
import type { Statistics } from './statistics.ts';
import { check } from './violation.ts';

/** One step in so many asks for a savepoint, while any may be made. */
const SAVEPOINT_INTERVAL = 40;
/** What a shard says of its part is text: of the disk, or of its store, which has met the disk before. */
const DISK_ERROR = /EIO|ENOSPC|EMFILE|has stopped after an earlier failure/;
/** Now and then nothing is held. */
const HOLD_STEPS = [0, 100, 500, 1_000];
const SHARD_COUNTS = [1, 2, 3, 4];

/** A savepoint that is being made. */
interface Making {
  readonly path: string;
  /** For so many steps clients wait, and hardly any time passes, so that nothing need be committed meanwhile. */
  holdSteps: number;
  /** Of the checkpoint that it is a copy of, as soon as it is made. */
  epoch: number | undefined;
}

export class Home {
  directory: string = SIMULATED_PLACE.directory;
  /** The savepoint that the directory is filled from, until an engine runs there. */
  from: string | undefined;
  shardCount: number;
  readonly #prng: Prng;
  readonly #statistics: Statistics;
  #savepointCount: number;
  #reshardCount: number;
  #making: Making | undefined;
  /** Why one could not be made, if that is nobody's fault but the engine's. */
  #refusal: unknown;
  #number = 0;

  constructor(prng: Prng, setting: DurableSetting, statistics: Statistics) {
    this.#prng = prng;
    this.#statistics = statistics;
    this.shardCount = setting.shardCount;
    this.#savepointCount = setting.savepointCount;
    this.#reshardCount = setting.reshardCount;
  }

  get holdsOutside(): boolean {
    return this.#making !== undefined && this.#making.holdSteps > 0;
  }

  /** Whether the process is to end now, since the next one starts from a savepoint. */
  movesOut(process: DurableProcess): boolean {
    check(this.#refusal === undefined, () => `a savepoint failed: ${String(this.#refusal)}`);
    const making = this.#making;
    if (making === undefined) {
      if (process.isRunning && this.#savepointCount > 0 && this.#prng.chance(1 / SAVEPOINT_INTERVAL))
        this.#make(process);
      return false;
    }
    making.holdSteps--;
    if (making.epoch === undefined) return false;
    this.#making = undefined;
    if (making.epoch !== process.data?.lastEpoch) return false;
    this.#statistics.moves++;
    this.directory = `${SIMULATED_PLACE.directory}-${this.#number}`;
    this.from = making.path;
    this.shardCount = this.#prng.pick(SHARD_COUNTS);
    return true;
  }

  #make(process: DurableProcess): void {
    this.#savepointCount--;
    const path = `/savepoint-${++this.#number}`;
    const making: Making = { path, holdSteps: this.#prng.pick(HOLD_STEPS), epoch: undefined };
    this.#making = making;
    process.savepoint(path).then(
      ({ epoch }) => {
        this.#statistics.savepoints++;
        making.epoch = epoch;
      },
      (error: unknown) => {
        if (!isExpected(error)) this.#refusal ??= error;
        if (this.#making === making) this.#making = undefined;
      },
    );
  }

  /** The process has ended; the next one may have another number of shards. */
  died(): void {
    this.#making = undefined;
    if (this.#reshardCount === 0 || !this.#prng.chance(0.5)) return;
    this.#reshardCount--;
    this.#statistics.reshards++;
    this.shardCount = this.#prng.pick(SHARD_COUNTS.filter((count) => count !== this.shardCount));
  }

  /** An engine runs in the directory. */
  settled(): void {
    this.from = undefined;
  }

  /** Whether a start failed only because an earlier one, which died then, had filled the directory already. */
  wasFilled(cause: unknown): boolean {
    const isFilled = this.from !== undefined && codeOf(cause) === 'DATA_NOT_EMPTY';
    if (isFilled) this.from = undefined;
    return isFilled;
  }

  /** What is committed on a clone of the disk: where the directory is not filled yet, that is the savepoint. */
  async readCut(disk: SimulatedFileSystem, module: Module): Promise<CommittedCut> {
    disk.autoSync = true;
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    if (this.from !== undefined) await this.#fill(disk, this.from);
    return await readCommittedCut(disk, { ...SIMULATED_PLACE, directory: this.directory, module });
  }

  async #fill(fileSystem: SimulatedFileSystem, from: string): Promise<void> {
    const { storeName, openStore } = SIMULATED_PLACE;
    const options = { path: this.directory, fileSystem, storeName, newId: () => 'simulated' };
    const found = await DataDirectory.open(options);
    found.close();
    if (found.last !== undefined) return;
    const rewriting = dataRewriting({ openStore, cacheBytes: 0 });
    const { shardCount } = this;
    const data = await prepareData(options, {
      shardCount,
      from,
      onProgress: undefined,
      rewriting: () => Promise.resolve(rewriting),
    });
    data.close();
  }
}

/** A failing disk or shard is nothing that the maker of a savepoint could mend. */
function isExpected(error: unknown): boolean {
  if (!(error instanceof MillraceError) || error.code !== 'SAVEPOINT_FAILED') return false;
  const { cause } = error;
  const text = cause instanceof Error ? cause.message : '';
  return isExpectedFailure(cause) || text.includes('gone back to the last checkpoint') || DISK_ERROR.test(text);
}

function codeOf(cause: unknown): unknown {
  return (cause as { code?: unknown } | null)?.code;
}
