/**
 * Touching one entry of a large table: what an entry costs must not depend on how many there are.
 *
 * ```
 *   ┌ shard ──────────────────────────────┐
 *   │ one entity ──"touch"──┐             │      each message reads one entry, adds 1 and writes it; the next one goes
 *   │   ▲   table of N      │             │      to another entry, far away in the order of the keys
 *   │   └───────────────────┘             │
 *   └─────────────────────────────────────┘
 * ```
 *
 * The rival is the same program with a table of 100. In memory first; then with a data directory, where the large table
 * lies on disk and the small one is always in memory: so there, hot entries of both are compared, 100 at a time, and
 * what a cold entry costs is named beside it. The checksum is the sum of all entries, there
 * after a reopen.
 */
import { join } from 'node:path';
import type { Engine } from '../../src/index.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { warmRun } from '../harness/warm-run.ts';
import { durableIn, startBareEngine } from './engine-flow.ts';
import type { TableMessage } from './table-module.ts';

const MODULE = new URL('./table-module.ts', import.meta.url);
const LARGE = 1_000_000;
const SMALL = 100;
const FILL_COUNT = 10_000;
const FIRST_TOUCHES = 1_000;
const COLD_TOUCHES = 20_000;
const NS = 1e9;
const RIVAL = 'a table of 100';
const TIMEOUT_MS = 600_000;

export const tableTouch: Benchmark = {
  name: 'table-touch',
  unit: 'ns',
  describe: (options) => `one entry after the other of ${sizeText(options)} in memory; the time per message`,
  figures: [{ rival: RIVAL, atMost: 2 }],
  contenders: (options) => [
    new TableContender(OURS, entityCount(options, LARGE), options, false),
    new TableContender(RIVAL, SMALL, options, false),
  ],
};

export const tableTouchDurable: Benchmark = {
  name: 'table-touch-durable',
  unit: 'ns',
  describe: (options) => `${SMALL} entries again and again of ${sizeText(options)} with a data directory`,
  figures: [{ rival: RIVAL, atMost: 2 }],
  contenders: (options) => [
    new TableContender(OURS, entityCount(options, LARGE), options, true),
    new TableContender(RIVAL, SMALL, options, true),
  ],
};

function sizeText(options: Options): string {
  return `${entityCount(options, LARGE).toLocaleString('en-US')} entries of one entity`;
}

/** What was measured, before it is known whether the sum is right. */
interface Touches extends Pick<Measurement, 'value' | 'named'> {
  readonly touchCount: number;
}

class TableContender implements Contender {
  readonly name: string;
  readonly #size: number;
  readonly #seconds: number;
  readonly #isDurable: boolean;
  readonly #intervalMs: number | undefined;

  constructor(name: string, size: number, options: Options, isDurable: boolean) {
    this.name = name;
    this.#size = size;
    this.#seconds = options.seconds;
    this.#isDurable = isDurable;
    this.#intervalMs = isDurable ? options.intervalMs : undefined;
  }

  async measure(progress: (text: string) => void): Promise<Measurement> {
    const scratch = this.#isDurable ? new Scratch() : undefined;
    const durable = durableIn(scratch && { path: join(scratch.path, 'data') }, this.#intervalMs);
    let engine = await startBareEngine(MODULE, 1, durable);
    try {
      const { touchCount, ...measured } = await this.#measure(engine, scratch, progress);
      if (this.#isDurable) {
        await engine.stop();
        engine = await startBareEngine(MODULE, 1, durable);
      }
      return { ...measured, checksum: String(await ask(engine, { do: 'sum' })), expected: String(touchCount) };
    } finally {
      await engine.stop();
      scratch?.remove();
    }
  }

  async #measure(engine: Engine, scratch: Scratch | undefined, progress: (text: string) => void): Promise<Touches> {
    for (let from = 0; from < this.#size; from += FILL_COUNT) {
      progress(`filling, ${Math.round((from / this.#size) * 100)} %`);
      await ask(engine, { do: 'fill', from, end: Math.min(from + FILL_COUNT, this.#size) });
    }
    // A savepoint brings all of it into the store first: that is not what is measured.
    if (scratch !== undefined) await engine.savepoint(join(scratch.path, 'filled'));
    let touchCount = 0;
    let at = 0;
    const touch = async (count: number, size: number): Promise<number> => {
      const startedAt = performance.now();
      at = await ask(engine, { do: 'touch', at: at % size, left: count, size });
      touchCount += count;
      return (performance.now() - startedAt) / 1000;
    };
    progress('measuring');
    const size = this.#isDurable ? SMALL : this.#size;
    const named: Record<string, number> = {};
    if (this.#isDurable) named['any entry, ns'] = ((await touch(COLD_TOUCHES, this.#size)) / COLD_TOUCHES) * NS;
    const run = await warmRun((count) => touch(count, size), FIRST_TOUCHES, this.#seconds);
    return { value: (run.seconds / run.work) * NS, named, touchCount };
  }
}

async function ask(engine: Engine, message: TableMessage): Promise<number> {
  return (await engine.ask('bench/table', 'one', message, { until: 'processed', timeoutMs: TIMEOUT_MS })) as number;
}
