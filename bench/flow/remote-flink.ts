/**
 * Remote functions against Apache Flink StateFun: the same greeter in the same process, called by our engine and by a
 * Flink, with the same load.
 *
 * ```
 *   ingress ──▶ router ──▶ greeter, by HTTP ──▶ egress         1,000 addresses in turn, state `seen` in the engine
 *                             ▲
 *                  function process: our endpoint handler, or StateFun's JavaScript SDK
 * ```
 *
 * `remote-flink` is how many greetings there are in a second when as many come as are taken; so many wait then that most
 * requests hold several. The functions are served by our own endpoint handler, which takes less of the machine than
 * StateFun's JavaScript SDK, and leaves more to both engines; `remote-flink, JavaScript SDK` is the same with that.
 * `remote-flink-latency` is how long one takes at 1,000 a second, from when it was due until its record is committed: an
 * open loop. A Flink commits with its checkpoints, here every second; so beside it stands when its sink has a record, which
 * is as soon as one that may write records twice can have it, and in the same way ours without anything durable. The
 * checksum is how many records there were, and what is expected is what the functions have counted.
 */
import { javascript } from '../../test/interop/sdk-programs.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { Child } from '../harness/child.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { FLINK_MISSING, type FlinkFigures, greetOnFlink } from '../rival/flink/flink-greetings.ts';
import { type GreetingFigures, type GreetingLoad, greetOnOurs } from './greetings-load.ts';

const FUNCTIONS = new URL('./greeter-functions-process.ts', import.meta.url);
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
    `a greeter behind HTTP with our endpoint handler, ${loadOf(options, 0).addresses} addresses, all it takes`,
  figures: [{ rival: FLINK, atLeast: 3 }],
  contenders: (options) => throughputs(options, withHandler),
};

export const remoteFlinkSdk: Benchmark = {
  name: 'remote-flink, JavaScript SDK',
  unit: 'messages/s',
  describe: (options) =>
    `the same with StateFun's JavaScript SDK instead, ${loadOf(options, 0).addresses} addresses, all it takes`,
  figures: [{ rival: FLINK, atLeast: 3 }],
  contenders: (options) => throughputs(options, withSdk),
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
    const flink = contender(FLINK, withHandler, async (url) => flinkLatency(await greetOnFlink(url, tuning, load)));
    const inMemory = contender(`${OURS}, in memory only`, withHandler, run(false));
    return withFlink(options, [contender(OURS, withHandler, run(true)), inMemory], flink);
  },
};

function loadOf(options: Options, rate: number): GreetingLoad {
  const { size, seconds } = options;
  const isSmoke = size === 'smoke';
  return {
    addresses: entityCount(options, ADDRESSES, ADDRESSES),
    rate,
    warmSeconds: isSmoke ? SMOKE_SECONDS : WARM_SECONDS,
    seconds: isSmoke ? SMOKE_SECONDS : Math.max(seconds, SECONDS_MIN),
  };
}

function withFlink({ size }: Options, ours: readonly Contender[], flink: Contender): readonly Contender[] {
  const missing = size === 'smoke' ? 'starting a JVM is nothing for the smoke size' : FLINK_MISSING;
  return [...ours, { ...flink, missing }];
}

/** Does something while there is a function process, which listens at the URL. */
type WithFunctions = (work: (url: string) => Promise<Measurement>) => Promise<Measurement>;

async function withHandler(work: (url: string) => Promise<Measurement>): Promise<Measurement> {
  const functions = new Child<'port' | 'counts'>(FUNCTIONS, {});
  try {
    const { port } = await functions.ask('port');
    const measured = await work(`http://127.0.0.1:${port}/`);
    const { requestCount = NaN, messageCount = NaN } = await functions.ask('counts');
    return { ...measured, named: { 'a request holds, messages': messageCount / requestCount } };
  } finally {
    await functions.end();
  }
}

async function withSdk(work: (url: string) => Promise<Measurement>): Promise<Measurement> {
  const functions = await javascript.start();
  try {
    return await work(functions.url);
  } finally {
    await functions.stop();
  }
}

/** Measures against a function process of its own. */
function contender(
  name: string,
  withFunctions: WithFunctions,
  measureAt: (url: string) => Promise<Measurement>,
): Contender {
  return { name, measure: () => withFunctions(measureAt) };
}

function throughputs(options: Options, withFunctions: WithFunctions): readonly Contender[] {
  const load = loadOf(options, 0);
  const tuning = { bufferMs: BUFFER_MS.throughput, parallelism: options.shards };
  const ours = contender(OURS, withFunctions, async (url) =>
    throughput(await greetOnOurs(url, options.shards, true, load)),
  );
  const flink = contender(FLINK, withFunctions, async (url) =>
    throughput((await greetOnFlink(url, tuning, load)).processed),
  );
  return withFlink(options, [ours], flink);
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
