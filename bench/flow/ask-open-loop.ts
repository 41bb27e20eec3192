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
 * The checksum is the sum of all answers. `--bytes` and `--interval` change it as they do `ask`.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { epochMs } from '../harness/epoch-clock.ts';
import { openLoopBenchmark, type OpenLoopSession, takeEncoded } from '../open-loop/open-loop.ts';
import { Outstanding } from '../open-loop/outstanding.ts';
import { EchoEngine, echoText, numberIn, questionOf } from './echo-engine.ts';
import { inflightWith } from './message-body.ts';

const OUTSTANDING_MAX = 1_000;

export const askOpenLoop: Benchmark = openLoopBenchmark({
  name: 'ask, open loop',
  describe: (options) => `questions from the main thread to ${echoText(options)}, each until its answer is there`,
  firstCount: 500,
  open: async (options) => new AskLoad(await EchoEngine.open(options), options.bytes),
});

class AskLoad implements OpenLoopSession {
  readonly #engine: EchoEngine;
  readonly #bytes: number | undefined;
  readonly #histogram = new LatencyHistogram();
  readonly #outstanding = new Outstanding();
  #asked = 0;
  #sum = 0;

  constructor(engine: EchoEngine, bytes: number | undefined) {
    this.#engine = engine;
    this.#bytes = bytes;
  }

  async saturate(count: number): Promise<number> {
    const outstandingMax = inflightWith(this.#bytes, OUTSTANDING_MAX);
    const startedMs = performance.now();
    for (let index = 0; index < count; index++) {
      this.#ask(undefined);
      await this.#outstanding.fewerThan(outstandingMax);
    }
    await this.allEnded();
    return (performance.now() - startedMs) / 1000;
  }

  begin(intendedEpochMs: number): void {
    this.#ask(intendedEpochMs);
  }

  #ask(intendedEpochMs: number | undefined): void {
    const question = questionOf(this.#asked++, this.#bytes);
    this.#outstanding.begun(1);
    this.#engine
      .ask(question)
      .then((answer) => {
        if (intendedEpochMs !== undefined) this.#histogram.record((epochMs() - intendedEpochMs) * 1000);
        this.#sum += numberIn(answer, this.#bytes);
        this.#outstanding.ended(1);
      })
      .catch((error: unknown) => this.#outstanding.fail(error));
  }

  allEnded(): Promise<void> {
    return this.#outstanding.fewerThan(1);
  }

  takeHistogram(): Promise<string> {
    return Promise.resolve(takeEncoded(this.#histogram));
  }

  check(): Promise<{ checksum: string; expected: string }> {
    const expected = (this.#asked * (this.#asked + 1)) / 2;
    return this.#engine.checked({ checksum: String(this.#sum), expected: String(expected) });
  }

  async close(): Promise<void> {
    this.#histogram.destroy();
    await this.#engine.close();
  }
}
