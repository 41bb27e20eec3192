/**
 * Ask until committed: how long somebody waits for an answer that no crash can take back, asking one question at a time.
 *
 * ```
 *   main thread: await engine.ask ──▶ entity: count + 1 ──▶ changelogs ──▶ manifest ──▶ the answer    at default settings
 *   rivals:      await a request  ──▶ object: count + 1 ──▶ its log, or its database ──▶ the answer   over HTTP
 * ```
 *
 * Rivals: virtual objects of Restate and Durable Objects on workerd, each with its durability on, on the same disk. The
 * 100 entities in turns, each asked once before anything is measured: an object of workerd is a database of its own, and
 * making one is not what is asked about here. An entity's answers must be 1, 2, 3 and so on, and the checksum is the sum
 * of all numbers after a reopen, or after a kill. With `--bytes` each question has a body of so many, over HTTP, too.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { type Benchmark, type Contender, type Figure, ONE_AT_A_TIME, OURS } from '../harness/benchmark.ts';
import type { Measurement } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { warmRun } from '../harness/warm-run.ts';
import { RestateCounter } from '../rival/restate/restate-counter.ts';
import { missingRestate, RESTATE } from '../rival/restate/restate-server.ts';
import { WorkerdCounter } from '../rival/workerd/workerd-counter.ts';
import { missingWorkerd, WORKERD } from '../rival/workerd/workerd-server.ts';
import type { CountOrder } from './ask-committed-module.ts';
import { openDurableEngine, takeSum } from './engine-flow.ts';
import { entityIds } from './entity-ids.ts';
import { makeBody } from './message-body.ts';
import { bodyText } from './random-targets.ts';

/** Counters, to be asked one after the other. */
export interface AskedCounter {
  /** One more: what this entity counts then, once that is durable. */
  addOne(id: string): Promise<number>;
  /** Of all counters, by what is on disk. */
  sum(): Promise<number>;
  close(): Promise<void>;
}

const MODULE = new URL('./ask-committed-module.ts', import.meta.url);
const FIRST_COUNT = 20;
const ENTITIES = 100;
const REPORT: CountOrder = { kind: 'report' };

const FIGURES: readonly Figure[] = [
  { rival: RESTATE, atMost: 1 },
  { rival: RESTATE, atMost: 1, of: 'p99' },
  // To be striven for.
  { rival: WORKERD, atMost: 1 },
  { rival: WORKERD, atMost: 1, of: 'p99' },
];

export const askCommitted: Benchmark = {
  name: 'ask-committed',
  unit: 'µs',
  describe: (options) =>
    `one question at a time to ${entitiesOf(options)} entities; the median until it is committed${bodyText(options)}`,
  // Who asks for an interval has asked to wait for it.
  figures: ({ intervalMs, bytes }) => (intervalMs === undefined && bytes === undefined ? FIGURES : []),
  contenders: (options) => [
    contender(OURS, options, () => openOurs(options), undefined),
    contender(RESTATE, options, () => RestateCounter.open(entitiesOf(options), options.bytes), missingRestate()),
    contender(WORKERD, options, () => WorkerdCounter.open(entitiesOf(options), options.bytes), missingWorkerd()),
  ],
};

function entitiesOf(options: Options): number {
  return entityCount(options, ENTITIES, ENTITIES);
}

function contender(
  name: string,
  options: Options,
  open: () => Promise<AskedCounter>,
  missing: string | undefined,
): Contender {
  return {
    name,
    missing,
    async measure() {
      const session = await open();
      const histogram = new LatencyHistogram();
      try {
        return await measureAnswers(session, histogram, options);
      } finally {
        histogram.destroy();
        await session.close();
      }
    },
  };
}

async function measureAnswers(
  session: AskedCounter,
  histogram: LatencyHistogram,
  options: Options,
): Promise<Measurement> {
  const ids = entityIds(entitiesOf(options));
  let total = 0;
  const addNext = async (): Promise<void> => {
    const answer = await session.addOne(ids[total % ids.length]);
    if (answer === Math.floor(total / ids.length) + 1) total++;
    else throw new Error(`Of ${total} answers this one is wrong: ${answer}.`);
  };
  while (total < ids.length) await addNext();
  await warmRun(
    async (count) => {
      histogram.reset();
      const startedMs = performance.now();
      for (let index = 0; index < count; index++) {
        const askedMs = performance.now();
        await addNext();
        histogram.record((performance.now() - askedMs) * 1000);
      }
      return (performance.now() - startedMs) / 1000;
    },
    FIRST_COUNT,
    options.seconds,
  );
  const { p50, p99, p999 } = histogram;
  return {
    value: p50,
    percentiles: { p50, p99, p999 },
    distributions: [{ name: ONE_AT_A_TIME, histogram: histogram.encode() }],
    checksum: String(await session.sum()),
    expected: String(total),
  };
}

async function openOurs(options: Options): Promise<AskedCounter> {
  const { shards, intervalMs, bytes } = options;
  const module = new URL(MODULE);
  if (bytes !== undefined) module.searchParams.set('bytes', String(bytes));
  const order: CountOrder = { kind: 'add', ...(bytes !== undefined && { body: makeBody(bytes) }) };
  const entities = entitiesOf(options);
  const setting = { topology: { kind: 'all-to-all', entities }, chains: 0 } as const;
  const session = await openDurableEngine(module, shards, setting, intervalMs);
  return {
    addOne: (id) => session.engine.ask('bench/entity', id, order) as Promise<number>,
    async sum() {
      await session.reopen();
      return await takeSum(session.engine, entityIds(entities), REPORT);
    },
    close: () => session.close(),
  };
}
