/**
 * Ask: how long somebody waits on the main thread for an answer, asking one question at a time.
 *
 * ```
 *   ┌ main thread ─────┐          ┌ shard ─┐
 *   │ await engine.ask ┼──ring───▶│ echo   │      100 entities in turns; answers with one more than it was asked,
 *   │        ▲         │          │   │    │      and counts
 *   │        └─────────┼──ring────┼───┘    │
 *   └──────────────────┘          └────────┘
 * ```
 *
 * Rival: a bare `postMessage` round trip to a worker that answers the same. The checksum is the sum of all answers.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { type Benchmark, type Contender, type Measurement, ONE_AT_A_TIME, OURS } from '../harness/benchmark.ts';
import { warmRun } from '../harness/warm-run.ts';
import { openRoundTrips } from '../rival/message-round-trip.ts';
import { entityIds } from './entity-ids.ts';
import { startBareEngine } from './engine-flow.ts';
import type { Question } from './echo-module.ts';

const MODULE = new URL('./echo-module.ts', import.meta.url);
const FIRST_QUESTIONS = 200;
const IDS = entityIds(100);
const ROUND_TRIP = 'postMessage round trip';

/** Somebody to ask. */
export interface AskSession {
  ask(question: Question): Promise<Question>;
  close(): Promise<void>;
}

export const ask: Benchmark = {
  name: 'ask',
  unit: 'µs',
  describe: () => 'one question at a time from the main thread; the median until the answer is there',
  figures: [{ rival: ROUND_TRIP, atMost: 3 }],
  contenders: ({ shards, seconds }) => [
    contender(OURS, seconds, () => openEngine(shards)),
    contender(ROUND_TRIP, seconds, openRoundTrips),
  ],
};

async function openEngine(shards: number): Promise<AskSession> {
  const engine = await startBareEngine(MODULE, shards);
  return {
    ask: (question) => engine.ask('bench/echo', IDS[question.number % IDS.length], question) as Promise<Question>,
    close: () => engine.stop(),
  };
}

function contender(name: string, seconds: number, open: () => Promise<AskSession>): Contender {
  return {
    name,
    async measure() {
      const session = await open();
      const histogram = new LatencyHistogram();
      try {
        return await measureQuestions(session, histogram, seconds);
      } finally {
        histogram.destroy();
        await session.close();
      }
    },
  };
}

async function measureQuestions(
  session: AskSession,
  histogram: LatencyHistogram,
  seconds: number,
): Promise<Measurement> {
  let sum = 0;
  const run = await warmRun(
    async (count) => {
      histogram.reset();
      sum = 0;
      const startedAt = performance.now();
      for (let number = 0; number < count; number++) {
        const askedAt = performance.now();
        const answer = await session.ask({ number });
        histogram.record((performance.now() - askedAt) * 1000);
        sum += answer.number;
      }
      return (performance.now() - startedAt) / 1000;
    },
    FIRST_QUESTIONS,
    seconds,
  );
  const { p50, p99, p999 } = histogram;
  const expected = (run.work * (run.work + 1)) / 2;
  return {
    value: p50,
    percentiles: { p50, p99, p999 },
    distributions: [{ name: ONE_AT_A_TIME, histogram: histogram.encode() }],
    checksum: String(sum),
    expected: String(expected),
  };
}
