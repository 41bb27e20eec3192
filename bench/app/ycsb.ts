/**
 * Workloads A and B of the Yahoo! Cloud Serving Benchmark: 1,000,000 records of ten fields of 100 characters, keys by
 * Zipf's law; half of the operations read a record and half update a field of one (A), or 95 % read and 5 % update (B).
 *
 * ```
 *   main thread: update ──▶ record, until it is committed       read ──▶ record ──▶ ten fields, until the answer is there
 * ```
 *
 * The checksum is the number of updates that the records have counted, after a reopen, and of whole records that were
 * read.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Engine } from '../../src/index.ts';
import { Prng } from '../../src/base/prng.ts';
import type { Benchmark, Progress } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { takeSum } from '../flow/engine-flow.ts';
import { entityIds } from '../flow/entity-ids.ts';
import { ZipfDraw } from '../flow/zipf-draw.ts';
import { type App, appBenchmark, type AppRun } from './app-benchmark.ts';
import { FIELD_COUNT, type YcsbMessage } from './ycsb-module.ts';

const RECORDS = 1_000_000;
const FIELD_BYTES = 100;
const ENTITY = 'bench/entity';
const PROCESSED = { until: 'processed', timeoutMs: 120_000 } as const;
/** Records that are loaded between two turns of the event loop. */
const LOAD_COUNT = 1_000;
/** Texts to choose from, so that making them is not what is measured. */
const TEXT_COUNT = 64;

function workload(letter: 'A' | 'B', readShare: number): App {
  return {
    name: `ycsb-${letter.toLowerCase()}`,
    unit: 'operations/s',
    describe(options) {
      const records = entityCount(options, RECORDS).toLocaleString('en-US');
      return `YCSB ${letter}: ${records} records, ${readShare * 100} % reads, keys by Zipf's law`;
    },
    module: () => new URL('./ycsb-module.ts', import.meta.url),
    open: (options) => new YcsbRun(options, readShare),
  };
}

class YcsbRun implements AppRun {
  readonly #ids: readonly string[];
  readonly #zipf: ZipfDraw;
  readonly #random = new Prng(2);
  readonly #readShare: number;
  readonly #texts: readonly string[];
  #operations = 0;
  #wholeReads = 0;

  constructor(options: Options, readShare: number) {
    const records = entityCount(options, RECORDS);
    const { bytes = FIELD_BYTES * FIELD_COUNT } = options;
    const length = Math.max(1, Math.floor(bytes / FIELD_COUNT));
    this.#ids = entityIds(records);
    this.#zipf = new ZipfDraw(records, 3);
    this.#readShare = readShare;
    this.#texts = Array.from({ length: TEXT_COUNT }, (_, text) => String.fromCharCode(48 + text).repeat(length));
  }

  async load(engine: Engine, progress: Progress): Promise<void> {
    for (const [index, id] of this.#ids.entries()) {
      const fields = Array.from({ length: FIELD_COUNT }, () => this.#text());
      await engine.send(ENTITY, id, { kind: 'insert', fields } satisfies YcsbMessage, { until: 'accepted' });
      if (index % LOAD_COUNT !== 0) continue;
      progress(`loading, ${Math.round((index / this.#ids.length) * 100)} %`);
      await turn();
    }
  }

  next(engine: Engine): Promise<void> {
    this.#operations++;
    const id = this.#ids[this.#zipf.next()];
    if (this.#random.fraction() < this.#readShare) return this.#read(engine, id);
    const update: YcsbMessage = { kind: 'update', field: this.#random.below(FIELD_COUNT), text: this.#text() };
    return engine.send(ENTITY, id, update);
  }

  async #read(engine: Engine, id: string): Promise<void> {
    const fields = (await engine.ask(ENTITY, id, { kind: 'read' } satisfies YcsbMessage, PROCESSED)) as string[];
    if (fields.length === FIELD_COUNT && fields.every((text) => text.length === this.#texts[0].length)) {
      this.#wholeReads++;
    }
  }

  async check(engine: Engine): Promise<{ checksum: string; expected: string }> {
    const updates = await takeSum(engine, this.#ids, { kind: 'report' } satisfies YcsbMessage);
    return { checksum: String(updates + this.#wholeReads), expected: String(this.#operations) };
  }

  #text(): string {
    return this.#texts[this.#random.below(TEXT_COUNT)];
  }
}

export const ycsbA: Benchmark = appBenchmark(workload('A', 0.5));
export const ycsbB: Benchmark = appBenchmark(workload('B', 0.95));
