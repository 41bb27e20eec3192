/**
 * A source around another one: it can be told to end early, which leaves everything that was taken in to be finished
 * and reported, and it lets a plain loop count the same records.
 */
import type { IngressSource, SourceBatch, SourceHooks } from '../../src/index.ts';
import { PlainLoop } from './plain-loop.ts';

export class Intake implements IngressSource<unknown> {
  readonly replayable: boolean;
  readonly plainLoop: PlainLoop = new PlainLoop();
  recordCount = 0;
  /** When the first record was asked for, by `performance.now`. */
  startedAt = 0;
  readonly #source: IngressSource<unknown>;
  readonly #ending = new AbortController();

  constructor(source: IngressSource<unknown>) {
    this.#source = source;
    this.replayable = source.replayable;
  }

  /** No further batch is taken in. */
  end(): void {
    this.#ending.abort();
  }

  get isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  async *read(from: unknown, hooks: SourceHooks): AsyncGenerator<SourceBatch<unknown>> {
    this.startedAt = performance.now();
    const signal = AbortSignal.any([hooks.signal, this.#ending.signal]);
    try {
      for await (const batch of this.#source.read(from, { ...hooks, signal })) {
        for (const record of batch.records) this.plainLoop.add(record);
        this.recordCount += batch.records.length;
        yield batch;
        if (this.isEnding) return;
      }
    } catch (error) {
      // A stream that was closed while it was being read complains about it.
      if (!this.isEnding) throw error;
    }
  }
}
