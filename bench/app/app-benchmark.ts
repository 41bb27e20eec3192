/**
 * Applications: whole programs in small, whose commands come from the main thread as fast as it can make them, each until
 * it is committed, with a checkpoint every 100 ms. What they must come to is checked after a reopen.
 */
import { type Engine, type EngineOptions } from '../../src/index.ts';
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import {
  type Benchmark,
  type Contender,
  type Figure,
  type Measurement,
  OURS,
  type Progress,
} from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { warmRun } from '../harness/warm-run.ts';
import { CommitLoad } from '../flow/commit-load.ts';
import { startBareEngine } from '../flow/engine-flow.ts';

/** One run of an application. It is told the engine anew after a reopen. */
export interface AppRun {
  /** Egresses of the module that this program takes. */
  readonly egresses?: EngineOptions['egresses'];
  /** Brings in what is there before anything is measured. */
  load?(engine: Engine, progress: Progress): Promise<void>;
  /** Sends the next command, or asks: resolves when it is committed, or answered. */
  next(engine: Engine): Promise<void>;
  check(engine: Engine): Promise<Pick<Measurement, 'checksum' | 'expected'>>;
}

export interface App {
  readonly name: string;
  readonly unit: string;
  describe(options: Options): string;
  module(options: Options): URL;
  open(options: Options): AppRun;
  readonly figures?: readonly Figure[];
  rivals?(options: Options): readonly Contender[];
}

const INTERVAL_MS = 100;
const FIRST_COUNT = 1_000;

export function appBenchmark(app: App): Benchmark {
  return {
    name: app.name,
    unit: app.unit,
    describe: (options) => app.describe(options),
    figures: app.figures ?? [],
    contenders: (options) => [contender(app, options), ...(app.rivals?.(options) ?? [])],
  };
}

function contender(app: App, options: Options): Contender {
  return {
    name: OURS,
    async measure(progress) {
      const scratch = new Scratch();
      try {
        return await measureApp(app, options, scratch.path, progress);
      } finally {
        scratch.remove();
      }
    },
  };
}

async function measureApp(app: App, options: Options, directory: string, progress: Progress): Promise<Measurement> {
  const { shards, seconds, intervalMs = INTERVAL_MS } = options;
  const run = app.open(options);
  const durable = { directory, minIntervalMs: intervalMs, maxIntervalMs: intervalMs };
  const more = run.egresses === undefined ? {} : { egresses: run.egresses };
  const start = (): Promise<Engine> => startBareEngine(app.module(options), shards, { ...durable, ...more });
  const histogram = new LatencyHistogram();
  let engine = await start();
  try {
    await run.load?.(engine, progress);
    await engine.drained();
    progress('measuring');
    const load = new CommitLoad(() => run.next(engine), histogram);
    const { work, seconds: took } = await warmRun((count) => load.saturate(count), FIRST_COUNT, seconds);
    await engine.drained();
    await engine.stop();
    engine = await start();
    return { value: work / took, ...(await run.check(engine)) };
  } finally {
    histogram.destroy();
    await engine.stop();
  }
}
