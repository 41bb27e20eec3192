/**
 * Latency under load, as a benchmark: first the largest load is found, as fast as the program can begin events with a
 * bounded number under way; then come open loops at 25, 50, 75 and 90 % of it. Every latency counts from the intended
 * time of its event. Each load has a distribution of its own, up to p99.99 and the longest.
 *
 * Pacer, sender, coordinator and shards share the cores, so the loads are those of a whole program.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import {
  type Benchmark,
  type Contender,
  type Distribution,
  type ForOptions,
  type Limit,
  type Measurement,
  OURS,
  type Progress,
} from '../harness/benchmark.ts';
import { epochMs } from '../harness/epoch-clock.ts';
import type { Options } from '../harness/options.ts';
import { warmRun } from '../harness/warm-run.ts';
import { pace } from './pacer.ts';

/** What is put under load, built up. */
export interface OpenLoopSession {
  /** Seconds until so many events have begun and ended, as fast as it goes. Their latencies are not kept. */
  saturate(count: number): Promise<number>;
  begin(intendedEpochMs: number): void;
  /** Resolves when all that have begun have ended. */
  allEnded(): Promise<void>;
  /** The latencies of those that have ended since this was last asked, encoded. */
  takeHistogram(): Promise<string>;
  /** What all events came to, after a reopen where they are durable, and what they had to come to. */
  check(): Promise<Pick<Measurement, 'checksum' | 'expected'>>;
  close(): Promise<void>;
}

export interface OpenLoop {
  readonly name: string;
  describe(options: Options): string;
  open(options: Options): Promise<OpenLoopSession>;
  readonly limits?: ForOptions<readonly Limit[]>;
  /** How many events are begun to find the largest load, at first. */
  readonly firstCount: number;
}

const LOAD_PERCENTAGES = [25, 50, 75, 90];
/** The load of which the percentiles of the benchmark are. */
const MAIN_PERCENTAGE = 50;
/**
 * Each load lasts so many times as long as finding the largest. With a checkpoint every 100 ms three seconds have thirty of
 * them, and the slowest one would be all there is to a p99. A part before that is not counted: at another load V8 compiles
 * anew, and that takes the cores for as long as two seconds.
 */
const TIME_FACTOR = 4;
const WARM_UP_SHARE = 0.25;

export function openLoopBenchmark(loop: OpenLoop): Benchmark {
  return {
    name: loop.name,
    unit: 'µs',
    describe: (options) =>
      `${loop.describe(options)}; open loops, the median at ${MAIN_PERCENTAGE} % of the largest load`,
    figures: [],
    ...(loop.limits === undefined ? {} : { limits: loop.limits }),
    contenders: (options) => [contender(loop, options)],
  };
}

function contender(loop: OpenLoop, options: Options): Contender {
  return {
    name: OURS,
    async measure(progress) {
      const session = await loop.open(options);
      try {
        return await measureSession(session, loop, options.seconds, progress);
      } finally {
        await session.close();
      }
    },
  };
}

async function measureSession(
  session: OpenLoopSession,
  { firstCount }: OpenLoop,
  seconds: number,
  progress: Progress,
): Promise<Measurement> {
  progress('the largest load');
  const most = await warmRun((count) => session.saturate(count), firstCount, seconds);
  const perSecondMax = most.work / most.seconds;
  const distributions: Distribution[] = [];
  for (const percentage of LOAD_PERCENTAGES) {
    progress(`${percentage} % of ${Math.round(perSecondMax).toLocaleString('en-US')}/s`);
    distributions.push(await measureLoad(session, percentage, perSecondMax, seconds * TIME_FACTOR));
  }
  const main = summaryOf(distributions[LOAD_PERCENTAGES.indexOf(MAIN_PERCENTAGE)]);
  return {
    value: main.p50,
    percentiles: { p50: main.p50, p99: main.p99, p999: main.p999 },
    distributions,
    named: {
      'p99.99, µs': main.p9999,
      'longest, µs': main.max,
      'largest load, events/s': perSecondMax,
    },
    ...(await session.check()),
  };
}

async function measureLoad(
  session: OpenLoopSession,
  percentage: number,
  perSecondMax: number,
  seconds: number,
): Promise<Distribution> {
  const perSecond = (perSecondMax * percentage) / 100;
  const count = Math.max(1, Math.round(perSecond * seconds));
  await pace(perSecond, Math.max(1, Math.ceil(count * WARM_UP_SHARE)), (intended) => session.begin(intended));
  await session.allEnded();
  await session.takeHistogram();
  const startEpochMs = await pace(perSecond, count, (intended) => session.begin(intended));
  await session.allEnded();
  const achievedPerSecond = (count * 1000) / (epochMs() - startEpochMs);
  const histogram = await session.takeHistogram();
  return { name: `at ${percentage} %`, histogram, offeredPerSecond: perSecond, achievedPerSecond };
}

interface Summary {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
}

function summaryOf({ histogram: encoded }: Distribution): Summary {
  const histogram = new LatencyHistogram();
  histogram.add(encoded);
  const { p50, p99, p999, p9999, max } = histogram;
  histogram.destroy();
  return { p50, p99, p999, p9999, max };
}

/** What a histogram holds, encoded; it then starts over. */
export function takeEncoded(histogram: LatencyHistogram): string {
  const encoded = histogram.encode();
  histogram.reset();
  return encoded;
}
