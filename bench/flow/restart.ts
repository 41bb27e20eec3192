/**
 * How long after a kill messages are processed again: the process of an engine with a million entities is killed under
 * load, and the next one is started on the same data directory.
 *
 * ```
 *   process A ──── walks all over the entities, checkpoints ────✗ SIGKILL
 *                                                                 process B ─▶ Node ─▶ files ─▶ startEngine ─▶ answer
 *                                                                 └───────────── measured, from the spawn ──────────┘
 * ```
 *
 * Measured from outside: from the spawn until a question to an entity with state, asked as soon as the engine has
 * started, is answered (`until: 'processed'`). The walks that were under way are recovered first and go on, so this
 * answer comes behind some of them. The parts are reported by themselves: Node itself; loading the program's files;
 * `startEngine`; the first answer. A kill is no power failure: the page cache stays warm.
 *
 * The processes run what users run, which is JavaScript, compiled like the published package. Rivals: the same with a
 * tenth of the entities, since the time must not grow with the state; and the same from TypeScript sources, whose types
 * Node takes out when it loads them, each file in each thread. The checksum is what a sample of the entities holds when
 * all walks have come to their end in process B.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { builtFile } from '../harness/built.ts';
import { Child, type Numbers } from '../harness/child.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { warmRun } from '../harness/warm-run.ts';
import { Scratch } from '../harness/scratch.ts';
import { inflightWith } from './message-body.ts';
import { bodyText } from './random-targets.ts';
import type { WalkOptions } from './walk-engine.ts';
import type { WalkRequest } from './walk-process.ts';
import { WalkLedger } from './walk-ledger.ts';

const PROCESS = new URL('./walk-process.ts', import.meta.url);
const ENTITIES = 1_000_000;
const SAME_SHARDS = `${OURS}, the same shards`;
const A_TENTH = `${OURS}, a tenth of the entities`;
const FROM_SOURCES = `${OURS}, from TypeScript`;
const FIRST_ROUNDS = 4;
/** How many times as long as anything else is measured there is load before the kill. */
const LOAD_FACTOR = 3;
/** How many times as long as that the walks would last. */
const WALKS_FACTOR = 1.5;
/** At least so much is left to be done after the kill. */
const REST_SECONDS = 0.3;

export const restart: Benchmark = {
  name: 'restart',
  unit: 'ms',
  describe(options) {
    const entities = entityCount(options, ENTITIES).toLocaleString('en-US');
    return `${entities} entities, killed under load; from the start of the next process to its first answer${bodyText(options)}`;
  },
  // A fifth faster at a tenth of the entities is allowed.
  figures: [{ rival: A_TENTH, atMost: 1.2 }],
  // Of so many entities, or fewer, with short messages.
  limits: (options) =>
    entityCount(options, ENTITIES) > ENTITIES || options.bytes !== undefined ? [] : [{ of: 'value', atMost: 1_000 }],
  contenders(options) {
    const entities = entityCount(options, ENTITIES);
    return [
      new RestartContender(OURS, entities, options),
      new RestartContender(A_TENTH, Math.max(1, Math.floor(entities / 10)), options),
      new RestartContender(FROM_SOURCES, entities, options, { isBuilt: false }),
    ];
  },
};

/** Killed, and started with another number of shards: the process that follows goes back to the first number. */
export const restartResharded: Benchmark = {
  name: 'restart, other shards',
  unit: 'ms',
  describe(options) {
    const entities = entityCount(options, ENTITIES).toLocaleString('en-US');
    return `${entities} entities, killed under load; the next process has one shard more${bodyText(options)}`;
  },
  figures: [],
  contenders(options) {
    const entities = entityCount(options, ENTITIES);
    return [
      new RestartContender(OURS, entities, options, { moreShards: 1 }),
      new RestartContender(SAME_SHARDS, entities, options),
    ];
  },
};

interface Variation {
  /** How many shards more the process after the kill has. */
  readonly moreShards?: number;
  /** Whether it is JavaScript that runs. */
  readonly isBuilt?: boolean;
}

class RestartContender implements Contender {
  readonly name: string;
  readonly #entities: number;
  readonly #options: Options;
  readonly #ledger: WalkLedger;
  readonly #moreShards: number;
  readonly #isBuilt: boolean;
  #scratch: Scratch | undefined;

  constructor(name: string, entities: number, options: Options, { moreShards = 0, isBuilt = true }: Variation = {}) {
    this.#moreShards = moreShards;
    this.#isBuilt = isBuilt;
    this.name = name;
    this.#entities = entities;
    this.#options = options;
    this.#ledger = new WalkLedger(entities, inflightWith(options.bytes, options.inflight * options.shards));
  }

  async measure(progress: (text: string) => void): Promise<Measurement> {
    const isNew = this.#scratch === undefined;
    this.#scratch ??= new Scratch();
    const { path } = this.#scratch;
    await this.#withProcess(path, async (before) => {
      if (isNew) {
        progress('loading');
        await before.ask({ load: { from: 0, end: this.#entities } });
      }
      progress('load before the kill');
      await this.#walkUntilKilled(before);
      await before.kill();
    });
    progress('after the kill');
    const shards = this.#options.shards + this.#moreShards;
    return await this.#withProcess(path, (after) => this.#measureStart(after), shards);
  }

  /** Whatever happens, the process is gone in the end. */
  async #withProcess<Result>(
    directory: string,
    work: (child: Child<WalkRequest>) => Promise<Result>,
    shards = this.#options.shards,
  ): Promise<Result> {
    const { intervalMs, bytes } = this.#options;
    const given = { ...(intervalMs === undefined ? {} : { intervalMs }), ...(bytes === undefined ? {} : { bytes }) };
    const options: WalkOptions = { directory, shards, entities: this.#entities, ...given };
    const child = new Child<WalkRequest>(this.#isBuilt ? builtFile(PROCESS) : PROCESS, options);
    try {
      return await work(child);
    } finally {
      await child.end();
    }
  }

  async #walkUntilKilled(child: Child<WalkRequest>): Promise<void> {
    const ledger = this.#ledger;
    const { seconds } = this.#options;
    const warm = await warmRun(
      async (rounds) => (await child.ask({ walk: ledger.add(rounds) }))['seconds'],
      FIRST_ROUNDS,
      seconds,
    );
    const loadSeconds = seconds * LOAD_FACTOR;
    for (let factor = WALKS_FACTOR; ; factor *= 2) {
      const rounds = Math.ceil((warm.work / warm.seconds) * (loadSeconds * factor + REST_SECONDS * factor));
      await child.ask({ begin: ledger.add(rounds) });
      await sleep(loadSeconds * 1000);
      // Had the walks ended by now, it would not be killed under load.
      if ((await child.ask('isWalking'))['isWalking'] === 1) return;
    }
  }

  async #measureStart(child: Child<WalkRequest>): Promise<Measurement> {
    const milestones = await child.ask('milestones');
    await child.ask('drained');
    const { sum } = await child.ask('census');
    await child.ask('close');
    return {
      value: milestones['processedMs'] - child.spawnedMs,
      named: partsOf(child.spawnedMs, milestones),
      checksum: String(sum),
      expected: String(this.#ledger.expectedSum),
    };
  }

  remove(): void {
    this.#scratch?.remove();
  }
}

function partsOf(spawnedMs: number, { beganMs, loadedMs, startedMs, processedMs }: Numbers): Numbers {
  return {
    'start of Node, ms': beganMs - spawnedMs,
    'loading of the files, ms': loadedMs - beganMs,
    'start of the engine, ms': startedMs - loadedMs,
    'first answer, ms': processedMs - startedMs,
  };
}
