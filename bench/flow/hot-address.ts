/**
 * One hot address: an async function of 1 ms that is sent ten times what it can do, and 1,000 other addresses that are
 * asked at an even pace meanwhile, in an open loop; beside the same without the flood.
 *
 * ```
 *   main thread ─┬─ 32 senders, 10,000 messages/s if they were let ──▶ hot-0: await sleep(1 ms)
 *                └─ every ms a few questions, late or not ───────────▶ 1,000 others: count and reply
 * ```
 *
 * A question's latency counts from when it was due. Most that waited: messages that had been taken for the hot address
 * and were not done. The checksum is how many messages and questions came to their end; with `--interval` the engine is
 * durable, nobody waits for that, and it is also what both have counted after a reopen. With `--bytes` both have bodies.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/index.ts';
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { ACCEPTED, type AsyncSession, keptCount, PROCESSED, report, withAsyncEngine } from './async-engine.ts';
import type { EchoQuestion } from './async-module.ts';
import { durableText } from './engine-flow.ts';
import { makeBody } from './message-body.ts';
import { bodyText } from './random-targets.ts';

const OTHERS = 1_000;
/** Questions in a second. */
const RATE = 2_000;
const SENDERS = 32;
/** Each sender pauses so long: together they would send 10,000 a second. */
const PAUSE_MS = 3;
const TIME_FACTOR = 3;
const HOT = 'hot-0';
const ALONE = `${OURS}, without the flood`;

export const hotAddress: Benchmark = {
  name: 'hot-address',
  unit: 'µs',
  describe: (options) =>
    `p99 of ${RATE.toLocaleString('en-US')} questions/s to ${othersOf(options).toLocaleString('en-US')} others, while one address gets 10 times what it can do${bodyText(options)}${durableText(options)}`,
  figures: ({ bytes, intervalMs }) =>
    bytes === undefined && intervalMs === undefined ? [{ rival: ALONE, atMost: 2 }] : [],
  contenders: (options) => [contender(OURS, options, true), contender(ALONE, options, false)],
};

function othersOf(options: Options): number {
  return entityCount(options, OTHERS, OTHERS);
}

function otherId(number: number): string {
  return `other-${number}`;
}

function contender(name: string, options: Options, isFlooded: boolean): Contender {
  const { shards, bytes, intervalMs } = options;
  const body = bytes === undefined ? null : makeBody(bytes);
  const work = { seconds: options.seconds * TIME_FACTOR, others: othersOf(options), body };
  return {
    name,
    measure: () =>
      withAsyncEngine({ shards, bytes, intervalMs }, async (session) => {
        const measured = await measure(session.engine, work, isFlooded);
        return intervalMs === undefined ? measured : { ...measured, ...(await kept(session, measured, work)) };
      }),
  };
}

/** Adds what all have counted, by what is on disk. */
async function kept(session: AsyncSession, measured: Measurement, { others }: Work): Promise<Checked> {
  await session.reopen();
  const { engine } = session;
  const floodCount = await keptCount(engine, 'bench/slow', [[HOT]]);
  const askedCount = await keptCount(engine, 'bench/echo', [
    Array.from({ length: others }, (_, number) => otherId(number)),
  ]);
  return {
    checksum: `${measured.checksum} ${floodCount + askedCount}`,
    expected: `${measured.expected} ${measured.expected}`,
  };
}

interface Work {
  readonly seconds: number;
  readonly others: number;
  readonly body: Uint8Array | null;
}

type Checked = Pick<Measurement, 'checksum' | 'expected'>;

async function measure(engine: Engine, work: Work, isFlooded: boolean): Promise<Measurement> {
  const flood = new Flood(engine, isFlooded ? SENDERS : 0, work.body);
  const histogram = new LatencyHistogram();
  try {
    const warmUpCount = await ask(engine, { ...work, seconds: work.seconds * 0.6 }, histogram);
    histogram.reset();
    const count = await ask(engine, work, histogram);
    const { p50, p99, p999 } = histogram;
    const heldCount = flood.heldCount;
    await flood.end();
    const { waitedCount } = await report(engine);
    return {
      value: p99,
      percentiles: { p50, p99, p999 },
      ...named({ 'most that waited, messages': flood.waitingMax, 'held back, senders': heldCount }),
      checksum: String(waitedCount + warmUpCount + count),
      expected: String(flood.sentCount + warmUpCount + count),
    };
  } finally {
    histogram.destroy();
  }
}

/** Asks at an even pace, and waits for all answers. Returns how many there were. */
async function ask(engine: Engine, { seconds, others, body }: Work, histogram: LatencyHistogram): Promise<number> {
  const startedAt = performance.now();
  const dueMs = 1000 / RATE;
  const count = Math.max(1, Math.round(seconds * RATE));
  const answers: Promise<void>[] = [];
  for (let number = 0; number < count; ) {
    const now = performance.now() - startedAt;
    for (; number < count && number * dueMs <= now; number++) {
      answers.push(askOne(engine, otherId(number % others), { number, body }, startedAt + number * dueMs, histogram));
    }
    await sleep(1);
  }
  await Promise.all(answers);
  return count;
}

async function askOne(
  engine: Engine,
  id: string,
  question: EchoQuestion,
  dueAt: number,
  histogram: LatencyHistogram,
): Promise<void> {
  const answer = await engine.ask('bench/echo', id, question, PROCESSED);
  if (answer !== question.number) throw new Error(`${question.number} was answered with ${String(answer)}`);
  histogram.record((performance.now() - dueAt) * 1000);
}

class Flood {
  sentCount = 0;
  waitingMax = 0;
  /** Senders that wait at this moment to be let in. */
  heldCount = 0;
  readonly #engine: Engine;
  readonly #body: Uint8Array | null;
  readonly #senders: Promise<void>[];
  #isOver = false;

  constructor(engine: Engine, senderCount: number, body: Uint8Array | null) {
    this.#engine = engine;
    this.#body = body;
    this.#senders = Array.from({ length: senderCount }, () => this.#send());
    if (senderCount > 0) this.#senders.push(this.#watch());
  }

  async #send(): Promise<void> {
    while (!this.#isOver) {
      this.sentCount++;
      this.heldCount++;
      await this.#engine.send('bench/slow', HOT, this.#body, ACCEPTED);
      this.heldCount--;
      await sleep(PAUSE_MS);
    }
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const { waitedCount } = await report(this.#engine);
      this.waitingMax = Math.max(this.waitingMax, this.sentCount - waitedCount);
      await sleep(20);
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#senders);
    await this.#engine.drained();
  }
}

/** Without a flood there is nothing of the kind. */
function named(counts: Readonly<Record<string, number>>): Pick<Measurement, 'named'> {
  const seen = Object.entries(counts).filter(([, count]) => count > 0);
  return seen.length === 0 ? {} : { named: Object.fromEntries(seen) };
}
