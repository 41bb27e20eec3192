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
 * Rival: a bare `postMessage` round trip to a worker that answers the same. The checksum is the sum of all answers. With
 * `--bytes` each question has a body, which comes back with the answer; with `--interval` the engine is durable, nobody waits
 * for that, and the checksum is also what the entities have counted after a reopen.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { type Benchmark, type Contender, type Measurement, ONE_AT_A_TIME, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { warmRun } from '../harness/warm-run.ts';
import { openRoundTrips } from '../rival/message-round-trip.ts';
import { EchoEngine, echoText, numberIn, questionOf } from './echo-engine.ts';
import type { Question } from './echo-module.ts';

const FIRST_QUESTIONS = 200;
const ROUND_TRIP = 'postMessage round trip';

/** Somebody to ask. */
export interface AskSession {
  ask(question: Question): Promise<Question>;
  /** Where state is durable: adds what was counted, by what is on disk. */
  checked?(answered: Pick<Measurement, 'checksum' | 'expected'>): Promise<typeof answered>;
  close(): Promise<void>;
}

export const ask: Benchmark = {
  name: 'ask',
  unit: 'µs',
  describe: (options) => `one question at a time to ${echoText(options)}; the median until the answer is there`,
  // Of a number there and back, and of nothing else that a thread has to do.
  figures: ({ bytes, intervalMs }) =>
    bytes === undefined && intervalMs === undefined ? [{ rival: ROUND_TRIP, atMost: 3 }] : [],
  contenders: (options) => [
    contender(OURS, options, () => EchoEngine.open(options)),
    contender(ROUND_TRIP, options, openRoundTrips),
  ],
};

function contender(name: string, options: Options, open: () => Promise<AskSession>): Contender {
  return {
    name,
    async measure() {
      const session = await open();
      const histogram = new LatencyHistogram();
      try {
        return await measureQuestions(session, histogram, options);
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
  { seconds, bytes }: Options,
): Promise<Measurement> {
  let sum = 0;
  const run = await warmRun(
    async (count) => {
      histogram.reset();
      sum = 0;
      const startedAt = performance.now();
      for (let number = 0; number < count; number++) {
        const askedAt = performance.now();
        const answer = await session.ask(questionOf(number, bytes));
        histogram.record((performance.now() - askedAt) * 1000);
        sum += numberIn(answer, bytes);
      }
      return (performance.now() - startedAt) / 1000;
    },
    FIRST_QUESTIONS,
    seconds,
  );
  const { p50, p99, p999 } = histogram;
  const answered = { checksum: String(sum), expected: String((run.work * (run.work + 1)) / 2) };
  return {
    value: p50,
    percentiles: { p50, p99, p999 },
    distributions: [{ name: ONE_AT_A_TIME, histogram: histogram.encode() }],
    ...((await session.checked?.(answered)) ?? answered),
  };
}
