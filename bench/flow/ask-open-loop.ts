/**
 * Ask, under load from outside: many questions under way at the same time, each until its answer is there.
 *
 * ```
 *   ┌ main thread ─────┐          ┌ shards ┐
 *   │ due: ask, ask, … ┼──ring───▶│ echo   │      100 entities in turns; answers with one more than it was asked,
 *   │        ▲         │          │   │    │      and counts
 *   │        └─────────┼──ring────┼───┘    │
 *   └──────────────────┘          └────────┘
 * ```
 *
 * In memory, so that it is the way there and back that is measured. The largest load is that of 1,000 questions under way.
 * The checksum is the sum of all answers.
 */
import type { Engine } from '../../src/index.ts';
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { epochMs } from '../harness/epoch-clock.ts';
import { openLoopBenchmark, type OpenLoopSession, takeEncoded } from '../open-loop/open-loop.ts';
import { Outstanding } from '../open-loop/outstanding.ts';
import type { Question } from './echo-module.ts';
import { startBareEngine } from './engine-flow.ts';
import { entityIds } from './entity-ids.ts';

const MODULE = new URL('./echo-module.ts', import.meta.url);
const IDS = entityIds(100);
const OUTSTANDING_MAX = 1_000;
/** A question that waits this long under the largest load is a failure. */
const TIMEOUT_MS = 60_000;

export const askOpenLoop: Benchmark = openLoopBenchmark({
  name: 'ask, open loop',
  describe: () => 'questions from the main thread, each until its answer is there',
  firstCount: 500,
  open: async ({ shards }) => new AskLoad(await startBareEngine(MODULE, shards)),
});

class AskLoad implements OpenLoopSession {
  readonly #engine: Engine;
  readonly #histogram = new LatencyHistogram();
  readonly #outstanding = new Outstanding();
  #asked = 0;
  #sum = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async saturate(count: number): Promise<number> {
    const startedMs = performance.now();
    for (let index = 0; index < count; index++) {
      this.#ask(undefined);
      await this.#outstanding.fewerThan(OUTSTANDING_MAX);
    }
    await this.allEnded();
    return (performance.now() - startedMs) / 1000;
  }

  begin(intendedEpochMs: number): void {
    this.#ask(intendedEpochMs);
  }

  #ask(intendedEpochMs: number | undefined): void {
    const question: Question = { number: this.#asked++ };
    this.#outstanding.begun(1);
    const answered = this.#engine.ask('bench/echo', IDS[question.number % IDS.length], question, {
      timeoutMs: TIMEOUT_MS,
    });
    answered.then(
      (answer) => {
        if (intendedEpochMs !== undefined) this.#histogram.record((epochMs() - intendedEpochMs) * 1000);
        this.#sum += (answer as Question).number;
        this.#outstanding.ended(1);
      },
      (error: unknown) => this.#outstanding.fail(error),
    );
  }

  allEnded(): Promise<void> {
    return this.#outstanding.fewerThan(1);
  }

  takeHistogram(): Promise<string> {
    return Promise.resolve(takeEncoded(this.#histogram));
  }

  check(): Promise<{ checksum: string; expected: string }> {
    const expected = (this.#asked * (this.#asked + 1)) / 2;
    return Promise.resolve({ checksum: String(this.#sum), expected: String(expected) });
  }

  async close(): Promise<void> {
    this.#histogram.destroy();
    await this.#engine.stop();
  }
}
