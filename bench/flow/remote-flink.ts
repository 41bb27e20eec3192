/**
 * Remote functions against Apache Flink StateFun: the same greeter in the same process with the official JavaScript SDK,
 * called by our engine and by a Flink, with the same load.
 *
 * ```
 *   ingress ──▶ router ──▶ greeter, by HTTP ──▶ egress         1,000 addresses in turn, state `seen` in the engine
 *                             ▲
 *                  function process: StateFun's JavaScript SDK
 * ```
 *
 * `remote-flink` is how many greetings there are in a second when as many come as are taken; so many wait then that most
 * requests hold several. `remote-flink-latency` is how long one takes at 1,000 a second, from when it was due until its
 * record is committed: an open loop. A Flink commits with its checkpoints, here every second; so beside it stands when its
 * sink has a record, which is as soon as one that may write records twice can have it, and in the same way ours without
 * anything durable. The checksum is how many records there were, and what is expected is what the functions have counted.
 */
import { javascript } from '../../test/interop/sdk-programs.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { FLINK_MISSING, type FlinkFigures, greetOnFlink } from '../rival/flink/flink-greetings.ts';
import { type GreetingFigures, type GreetingLoad, greetOnOurs } from './greetings-load.ts';

const FLINK = 'Flink StateFun 3.3';
const ADDRESSES = 1_000;
const RATE = 1_000;
const SMOKE_SECONDS = 0.3;
/** A JVM compiles for some seconds. */
const WARM_SECONDS = 8;
/** Some checkpoints of a second each. */
const SECONDS_MIN = 5;
/** For throughput, and for latency: each as suits it best. */
const BUFFER_MS = { throughput: 100, latency: 1 };

export const remoteFlink: Benchmark = {
  name: 'remote-flink',
  unit: 'messages/s',
  describe: (options) =>
    `a greeter behind HTTP with the JavaScript SDK, ${loadOf(options, 0).addresses} addresses, all it takes`,
  figures: [{ rival: FLINK, atLeast: 3 }],
  contenders(options) {
    const load = loadOf(options, 0);
    const ours = contender(OURS, async (url) => throughput(await greetOnOurs(url, options.shards, true, load)));
    const tuning = { bufferMs: BUFFER_MS.throughput, parallelism: options.shards };
    const flink = contender(FLINK, async (url) => throughput((await greetOnFlink(url, tuning, load)).processed));
    return withFlink(options, [ours], flink);
  },
};

export const remoteFlinkLatency: Benchmark = {
  name: 'remote-flink-latency',
  unit: 'µs',
  describe: (options) =>
    `the same, ${loadOf(options, RATE).rate} a second; p99 from when a greeting is due until it is committed`,
  figures: [{ rival: FLINK, atMost: 1 / 3 }],
  contenders(options) {
    const load = loadOf(options, RATE);
    const run = (isDurable: boolean) => async (url: string) =>
      latency(await greetOnOurs(url, options.shards, isDurable, load));
    const tuning = { bufferMs: BUFFER_MS.latency, parallelism: options.shards };
    const flink = contender(FLINK, async (url) => flinkLatency(await greetOnFlink(url, tuning, load)));
    return withFlink(options, [contender(OURS, run(true)), contender(`${OURS}, in memory only`, run(false))], flink);
  },
};

function loadOf({ size, seconds, entitiesGiven }: Options, rate: number): GreetingLoad {
  const isSmoke = size === 'smoke';
  return {
    addresses: entitiesGiven ?? ADDRESSES,
    rate,
    warmSeconds: isSmoke ? SMOKE_SECONDS : WARM_SECONDS,
    seconds: isSmoke ? SMOKE_SECONDS : Math.max(seconds, SECONDS_MIN),
  };
}

function withFlink({ size }: Options, ours: readonly Contender[], flink: Contender): readonly Contender[] {
  const missing = size === 'smoke' ? 'starting a JVM is nothing for the smoke size' : FLINK_MISSING;
  return [...ours, { ...flink, missing }];
}

/** Measures against a function process of its own. */
function contender(name: string, measureAt: (url: string) => Promise<Measurement>): Contender {
  return {
    name,
    async measure() {
      const functions = await javascript.start();
      try {
        return await measureAt(functions.url);
      } finally {
        await functions.stop();
      }
    },
  };
}

function throughput({ perSecond, recordCount, countedCount }: GreetingFigures): Measurement {
  return { value: perSecond, checksum: String(recordCount), expected: String(countedCount) };
}

function latency(figures: GreetingFigures): Measurement {
  const { p50, p99, p999, recordCount, countedCount } = figures;
  return { value: p99, percentiles: { p50, p99, p999 }, checksum: String(recordCount), expected: String(countedCount) };
}

function flinkLatency({ committed, processed }: FlinkFigures): Measurement {
  return { ...latency(committed), named: { 'p99 until its sink has it, µs': processed.p99 } };
}
