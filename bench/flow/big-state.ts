/**
 * State that does not fit into its memory: ten million entities with one number each, 512 MiB for all of them, and
 * messages to entities drawn at random from all.
 *
 * ```
 *   ┌ process ─────────────────────────────────────────┐
 *   │ shard 0: some entities ◀── walks ──▶ shard 1: some │      4,000 walks; a checkpoint every 100 ms
 *   └────┬────────────▲────────────────────────┬───▲───┘
 *     changelog     getMany                 changelog │      what is not in memory comes from the store, in batches;
 *        └──▶ LevelDB ┘                        └──▶ LevelDB    what has changed goes there in the background
 * ```
 *
 * Rival: a bare loop over one LevelDB in one thread, with the same memory, the same keys and values, batches of 1,000
 * and a sync every 100 ms (`level-loop.ts`). Each contender is a process of its own, so that the memory it takes can be
 * told: as the system counts it, and without mapped files, since LevelDB maps its tables and those pages are the
 * system's to take back. The budget is for state only; Node, threads and rings come on top.
 *
 * Loading is done once for all rounds and is not measured. The time is longer than elsewhere, so that folding and
 * LevelDB's compaction are part of it. The checksum is what a sample of the entities holds after a reopen. With `--bytes`
 * each entity also holds that many, each message brings it new ones, and the loop writes as many.
 */
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { Child, workWith } from '../harness/child.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { type WarmRun, warmRun } from '../harness/warm-run.ts';
import type { LevelLoopOptions } from '../rival/level-loop.ts';
import { inflightWith } from './message-body.ts';
import type { WalkOptions } from './walk-engine.ts';
import { WalkLedger } from './walk-ledger.ts';
import type { WalkRequest } from './walk-process.ts';
import { stepCount } from './walk.ts';

const ENTITIES = 10_000_000;
const MEMORY_BYTES = 512 << 20;
const INTERVAL_MS = 100;
const BATCH_COUNT = 1_000;
const TIME_FACTOR = 15;
const FIRST_ROUNDS = 1;
/** Loading says how far it has come so many times. */
const LOAD_SLICES = 50;
const MiB = 1 << 20;
const LEVEL_LOOP = 'getMany and batch on LevelDB';

/** Starts the process of a contender on its directory. */
type StartChild = (directory: string) => Child<WalkRequest>;

export const bigState: Benchmark = {
  name: 'big-state',
  unit: 'updates/s',
  describe(options) {
    const { intervalMs = INTERVAL_MS } = options;
    const entities = entityCount(options, ENTITIES).toLocaleString('en-US');
    const bytes = options.bytes === undefined ? '' : `, ${options.bytes.toLocaleString('en-US')} bytes each`;
    return `${entities} entities${bytes}, in ${MEMORY_BYTES / MiB} MiB, uniformly random updates, durable every ${intervalMs} ms`;
  },
  figures: ({ bytes }) => (bytes === undefined ? [{ rival: LEVEL_LOOP, atLeast: 0.7 }] : []),
  contenders(options) {
    const { shards, inflight, bytes, intervalMs = INTERVAL_MS } = options;
    const body = bytes === undefined ? {} : { bytes, isBodyKept: true };
    const batchCount = inflightWith(bytes, BATCH_COUNT);
    const entities = entityCount(options, ENTITIES);
    const budget = { entities, memoryBytes: MEMORY_BYTES };
    const engine: StartChild = (directory) =>
      new Child(new URL('./walk-process.ts', import.meta.url), {
        ...budget,
        directory,
        shards,
        intervalMs,
        ...body,
      } satisfies WalkOptions);
    const loop: StartChild = (directory) =>
      new Child(new URL('../rival/level-loop-process.ts', import.meta.url), {
        ...budget,
        directory,
        syncIntervalMs: intervalMs,
        batchCount,
        bytes,
      } satisfies LevelLoopOptions);
    return [
      new BigStateContender(OURS, inflightWith(bytes, inflight * shards), options, engine),
      new BigStateContender(LEVEL_LOOP, batchCount, options, loop),
    ];
  },
};

class BigStateContender implements Contender {
  readonly name: string;
  readonly #entities: number;
  readonly #seconds: number;
  readonly #start: StartChild;
  readonly #ledger: WalkLedger;
  #scratch: Scratch | undefined;

  constructor(name: string, walkCount: number, options: Options, start: StartChild) {
    this.name = name;
    this.#entities = entityCount(options, ENTITIES);
    this.#seconds = options.seconds * TIME_FACTOR;
    this.#start = start;
    this.#ledger = new WalkLedger(this.#entities, walkCount);
  }

  async measure(progress: (text: string) => void): Promise<Measurement> {
    if (this.#scratch === undefined) {
      this.#scratch = new Scratch();
      await this.#withProcess((child) => this.#load(child, progress));
    }
    progress('measuring');
    const ledger = this.#ledger;
    const { run, memory } = await this.#withProcess(async (child) => {
      const take = async (rounds: number): Promise<number> =>
        (await child.ask({ walk: ledger.add(rounds) }))['seconds'];
      return { run: await warmRun(take, FIRST_ROUNDS, this.#seconds), memory: await child.ask('memory') };
    });
    progress('checking');
    const { sum } = await this.#withProcess((child) => child.ask('census'));
    return {
      value: this.#stepsOf(run) / run.seconds,
      named: {
        'RSS at the end, MiB': memory['residentBytes'] / MiB,
        'RSS at the end without mapped files, MiB': memory['anonymousBytes'] / MiB,
      },
      checksum: String(sum),
      expected: String(ledger.expectedSum),
    };
  }

  /** Of the last run, which is what was measured. */
  #stepsOf({ work }: WarmRun): number {
    return stepCount({ count: this.#ledger.walkCount, rounds: work, seed: 0 });
  }

  async #load(child: Child<WalkRequest>, progress: (text: string) => void): Promise<void> {
    const slice = Math.ceil(this.#entities / LOAD_SLICES);
    for (let from = 0; from < this.#entities; from += slice) {
      progress(`loading, ${Math.round((from / this.#entities) * 100)} %`);
      await child.ask({ load: { from, end: Math.min(from + slice, this.#entities) } });
    }
  }

  /** A process for one piece of work, which ends in order, or is killed if the work fails. */
  async #withProcess<Result>(work: (child: Child<WalkRequest>) => Promise<Result>): Promise<Result> {
    if (this.#scratch === undefined) throw new Error(`${this.name} has no data yet.`);
    return await workWith(this.#start(this.#scratch.path), work);
  }

  remove(): void {
    this.#scratch?.remove();
  }
}
