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
import { startBareEngine } from '../flow/engine-flow.ts';
import { entityIds } from '../flow/entity-ids.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { epochMs } from '../harness/epoch-clock.ts';
import { Outstanding } from '../open-loop/outstanding.ts';
import { pace } from '../open-loop/pacer.ts';
import type { Order } from './receipts-module.ts';

const MODULE = new URL('./receipts-module.ts', import.meta.url);
const MODULE_ASIDE = new URL('?signing=aside', MODULE);
const FIRST_WRITTEN = 'as it was written first';
const IDS = entityIds(1_000);
const ORDERS_PER_SECOND = 1_000;
const ORDERS_PER_RECEIPT = 200;
const WARM_UP_SHARE = 0.6;
const TIMEOUT_MS = 60_000;

export const receipts: Benchmark = {
  name: 'receipts',
  unit: 'µs',
  describe: () =>
    `p99 of ${ORDERS_PER_SECOND.toLocaleString('en-US')} orders/s, of which one in ${ORDERS_PER_RECEIPT} is signed; the worked example of bench/README.md`,
  figures: [],
  contenders: ({ shards, seconds }) => [
    contender(OURS, MODULE_ASIDE, shards, seconds),
    contender(FIRST_WRITTEN, MODULE, shards, seconds),
  ],
};

function contender(name: string, module: URL, shards: number, seconds: number): Contender {
  return {
    name,
    async measure() {
      const engine = await startBareEngine(module, shards);
      try {
        return await measure(engine, seconds);
      } finally {
        await engine.stop();
      }
    },
  };
}

async function measure(engine: Engine, seconds: number): Promise<Measurement> {
  const warmUpCount = Math.ceil(ORDERS_PER_SECOND * seconds * WARM_UP_SHARE);
  const count = Math.ceil(ORDERS_PER_SECOND * seconds);
  const histogram = new LatencyHistogram();
  try {
    let sum = await order(engine, warmUpCount, histogram);
    histogram.reset();
    await engine.latency({ reset: true });
    sum += await order(engine, count, histogram);
    const { p50, p99, p999 } = histogram;
    return {
      value: p99,
      percentiles: { p50, p99, p999 },
      distributions: [{ name: `${ORDERS_PER_SECOND} orders/s`, histogram: histogram.encode() }],
      ...asNamed(await engine.latency()),
      checksum: String(sum),
      expected: String(sumBelow(warmUpCount) + sumBelow(count)),
    };
  } finally {
    histogram.destroy();
  }
}

/** So many orders, each when it is due, until all are answered. Returns the sum of the answers. */
async function order(engine: Engine, count: number, histogram: LatencyHistogram): Promise<number> {
  const outstanding = new Outstanding();
  let number = 0;
  let sum = 0;
  await pace(ORDERS_PER_SECOND, count, (intendedEpochMs) => {
    const placed: Order = { number, wantsReceipt: number % ORDERS_PER_RECEIPT === 0 };
    outstanding.begun(1);
    engine.ask('shop/order', IDS[number++ % IDS.length], placed, { timeoutMs: TIMEOUT_MS }).then(
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
