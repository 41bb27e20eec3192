/**
 * The worked example of `bench/README.md`, from histogram to cause to fix: orders come in an open loop, one in 200 makes
 * its function compute for long, and others on its shard wait for it. Ours is the program put right, its rival the same
 * as it was written first.
 *
 * ```
 *   main thread ── 1,000 orders/s, each when it is due ──▶ shop/order × 1,000: counts, now and then signs, and replies
 * ```
 *
 * Besides the latency of each order, which counts from when it was due, it shows what `engine.latency()` says, since
 * that is what a living program has. The checksum is the sum of all answers.
 */
import type { Engine, EngineLatency } from '../../src/index.ts';
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { durableIn, durableText, startBareEngine } from '../flow/engine-flow.ts';
import { entityIds } from '../flow/entity-ids.ts';
import { makeBody } from '../flow/message-body.ts';
import { bodyText } from '../flow/random-targets.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { epochMs } from '../harness/epoch-clock.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { Outstanding } from '../open-loop/outstanding.ts';
import { pace } from '../open-loop/pacer.ts';
import type { CountQuestion, Order } from './receipts-module.ts';

const MODULE = new URL('./receipts-module.ts', import.meta.url);
const FIRST_WRITTEN = 'as it was written first';
const ENTITIES = 1_000;
const COUNT: CountQuestion = 'count?';
const ORDERS_PER_SECOND = 1_000;
const ORDERS_PER_RECEIPT = 200;
const WARM_UP_SHARE = 0.6;
const PROCESSED = { until: 'processed', timeoutMs: 60_000 } as const;

export const receipts: Benchmark = {
  name: 'receipts',
  unit: 'µs',
  describe: (options) =>
    `p99 of ${ORDERS_PER_SECOND.toLocaleString('en-US')} orders/s to ${entitiesOf(options).toLocaleString('en-US')} entities, of which one in ${ORDERS_PER_RECEIPT} is signed; the worked example of bench/README.md${bodyText(options)}${durableText(options)}`,
  figures: [],
  contenders: (options) => [contender(OURS, 'aside', options), contender(FIRST_WRITTEN, 'inside', options)],
};

function entitiesOf(options: Options): number {
  return entityCount(options, ENTITIES, ENTITIES);
}

function contender(name: string, signing: 'aside' | 'inside', options: Options): Contender {
  const { shards, seconds, bytes, intervalMs } = options;
  const module = new URL(MODULE);
  module.searchParams.set('signing', signing);
  if (bytes !== undefined) module.searchParams.set('bytes', String(bytes));
  const load: OrderLoad = { ids: entityIds(entitiesOf(options)), seconds, bytes };
  return {
    name,
    async measure() {
      const scratch = intervalMs === undefined ? undefined : new Scratch();
      const start = (): Promise<Engine> => startBareEngine(module, shards, durableIn(scratch, intervalMs));
      let engine = await start();
      try {
        const { orderCount, ...measured } = await measure(engine, load);
        if (scratch === undefined) return measured;
        await engine.stop();
        engine = await start();
        const { checksum, expected } = measured;
        const kept = await keptCount(engine, load);
        return { ...measured, checksum: `${checksum} ${kept}`, expected: `${expected} ${orderCount}` };
      } finally {
        await engine.stop();
        scratch?.remove();
      }
    },
  };
}

interface OrderLoad {
  readonly ids: readonly string[];
  readonly seconds: number;
  readonly bytes: number | undefined;
}

async function keptCount(engine: Engine, { ids }: OrderLoad): Promise<number> {
  const counts = await Promise.all(ids.map((id) => engine.ask('shop/order', id, COUNT, PROCESSED)));
  return counts.reduce((sum: number, count) => sum + Number(count), 0);
}

async function measure(engine: Engine, load: OrderLoad): Promise<Measurement & { readonly orderCount: number }> {
  const { seconds } = load;
  const warmUpCount = Math.ceil(ORDERS_PER_SECOND * seconds * WARM_UP_SHARE);
  const count = Math.ceil(ORDERS_PER_SECOND * seconds);
  const histogram = new LatencyHistogram();
  try {
    let sum = await order(engine, load, warmUpCount, histogram);
    histogram.reset();
    await engine.latency({ reset: true });
    sum += await order(engine, load, count, histogram);
    const { p50, p99, p999 } = histogram;
    return {
      value: p99,
      percentiles: { p50, p99, p999 },
      distributions: [{ name: `${ORDERS_PER_SECOND} orders/s`, histogram: histogram.encode() }],
      ...asNamed(await engine.latency()),
      checksum: String(sum),
      expected: String(sumBelow(warmUpCount) + sumBelow(count)),
      orderCount: warmUpCount + count,
    };
  } finally {
    histogram.destroy();
  }
}

/** So many orders, each when it is due, until all are answered. Returns the sum of the answers. */
async function order(
  engine: Engine,
  { ids, bytes }: OrderLoad,
  count: number,
  histogram: LatencyHistogram,
): Promise<number> {
  const body = bytes === undefined ? {} : { body: makeBody(bytes) };
  const outstanding = new Outstanding();
  let number = 0;
  let sum = 0;
  await pace(ORDERS_PER_SECOND, count, (intendedEpochMs) => {
    const placed: Order = { number, wantsReceipt: number % ORDERS_PER_RECEIPT === 0, ...body };
    outstanding.begun(1);
    engine.ask('shop/order', ids[number++ % ids.length], placed, PROCESSED).then(
      (answer) => {
        histogram.record((epochMs() - intendedEpochMs) * 1000);
        sum += answer as number;
        outstanding.ended(1);
      },
      (error: unknown) => outstanding.fail(error),
    );
  });
  await outstanding.fewerThan(1);
  return sum;
}

/** What the living engine says, as far as somebody who looks for the cause would read it first. A short run has nothing. */
function asNamed({ ingressToInvocation: before, invocation }: EngineLatency): Pick<Measurement, 'named'> {
  if (before === undefined || invocation === undefined) return {};
  const named = {
    'ingressToInvocation p50, ms': before.p50Ms,
    'ingressToInvocation p99, ms': before.p99Ms,
    'invocation p50, ms': invocation.p50Ms,
    'invocation longest, ms': invocation.maxMs,
  };
  return { named };
}

function sumBelow(count: number): number {
  return (count * (count - 1)) / 2;
}
