/**
 * Micro-benchmarks: one operation at a time, by tinybench. One call takes less than a clock can tell, so a batch of calls
 * is what is timed and a sample is the mean of a batch (`overriddenDuration`); percentiles of such means say nothing
 * about single calls and are left out. Every batch is checked.
 *
 * Each contender runs in a thread of its own, round by round, like everything else here: the compiler must not know one
 * codec when it meets the other.
 */
import type { Benchmark, Contender, Figure, Measurement } from './benchmark.ts';
import { Thread } from './thread.ts';

/** The same calls each time. */
export interface Batch {
  readonly callCount: number;
  /** Makes the calls and returns their checksum. */
  run(): number;
  /** What `run` must return. */
  readonly expected: number;
  /** Removes what the batch has left outside its thread. */
  close?(): void;
}

export interface Suite {
  readonly name: string;
  readonly about: string;
  readonly figures?: readonly Figure[];
  /** Contender → how to set it up in its thread. Ours comes first. */
  readonly contenders: Readonly<Record<string, (entities: number) => Batch>>;
  /** Whether contenders want to know how many entities there are; others are told 0. */
  readonly hasEntities?: boolean;
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
  readonly seconds: number;
  readonly entities: number;
}

export function microBenchmarks({ file, suites }: SuiteFile): Benchmark[] {
  return suites.map((suite) => ({
    name: suite.name,
    unit: 'ops/s',
    describe: () => suite.about,
    figures: suite.figures ?? [],
    contenders: (options) =>
      Object.keys(suite.contenders).map((contender) =>
        inThread({
          file,
          suite: suite.name,
          contender,
          seconds: options.seconds * TIME_SHARE,
          entities: suite.hasEntities === true ? options.entities : 0,
        }),
      ),
  }));
}

/** Nothing has to start or fill up here, so less time is enough than for a flow. */
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
