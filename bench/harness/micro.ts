/**
 * Micro-benchmarks: one operation at a time, by tinybench. Most calls take less than a clock can tell, so a batch of calls
 * is what is timed and a sample is the mean of a batch (`overriddenDuration`); percentiles of such means say nothing
 * about single calls and are left out. Where a call is long enough to be timed by itself a suite says how long it takes,
 * and has percentiles. Every batch is checked. A batch may go through other threads, or wait for the disk.
 *
 * Each contender runs in a thread of its own, round by round, like everything else here: the compiler must not know one
 * codec when it meets the other.
 */
import type { Benchmark, Contender, Figure, Measurement } from './benchmark.ts';
import { Thread } from './thread.ts';

/** The same calls each time. */
export interface Batch {
  readonly callCount: number;
  /** Makes the calls and gives their checksum. */
  run(): number | Promise<number>;
  /** What `run` must give. */
  readonly expected: number;
  /** After the last run: what all of them have come to, and had to, where only that tells. */
  total?(): Total | Promise<Total>;
  /** Removes what the batch has left outside its thread. */
  close?(): void | Promise<void>;
}

/** Of all runs of a batch. */
export interface Total {
  readonly checksum: number;
  readonly expected: number;
}

/** Sets a contender up in its thread. `seconds` is how long its batches are run, for those who make them as long as that. */
export type OpenBatch = (entities: number, seconds: number) => Batch | Promise<Batch>;

export interface Suite {
  readonly name: string;
  readonly about: string;
  /** Calls in a second (default), `ops/s` or another name for them; or `µs …`, how long a call takes: then each is a batch. */
  readonly unit?: string;
  readonly figures?: readonly Figure[];
  /** Ours comes first. */
  readonly contenders: Readonly<Record<string, OpenBatch>>;
  /** Whether contenders want to know how many entities there are; others are told 0. */
  readonly hasEntities?: boolean;
  /** Whether it is measured for as long as a flow, and a few batches are enough: other threads or files take part. */
  readonly isLong?: boolean;
}

/** Where suites stand: a file that exports them in an array named `suites`, since they cannot cross to a thread. */
export interface SuiteFile {
  readonly file: string;
  readonly suites: readonly Suite[];
}

export interface MicroTask {
  readonly file: string;
  readonly suite: string;
  readonly contender: string;
  readonly unit: string;
  readonly isLong: boolean;
  readonly seconds: number;
  readonly entities: number;
}

export function microBenchmarks({ file, suites }: SuiteFile): Benchmark[] {
  return suites.map(({ name, about, unit = RATE, figures = [], contenders, hasEntities = false, isLong = false }) => ({
    name,
    unit,
    describe: () => about,
    figures,
    contenders(options) {
      const seconds = options.seconds * (isLong ? 1 : TIME_SHARE);
      const entities = hasEntities ? options.entities : 0;
      const task = { file, suite: name, unit, isLong, seconds, entities };
      return Object.keys(contenders).map((contender) => inThread({ ...task, contender }));
    },
  }));
}

const RATE = 'ops/s';
/** Where nothing has to start or fill up, less time is enough than for a flow. */
const TIME_SHARE = 0.25;

function inThread(task: MicroTask): Contender {
  return {
    name: task.contender,
    async measure() {
      const thread = new Thread<'measure', Measurement>(new URL('./micro-thread.ts', import.meta.url), task);
      try {
        return await thread.ask('measure');
      } finally {
        await thread.close();
      }
    },
  };
}
