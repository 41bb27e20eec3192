/**
 * A source whose records the scenario gives while it runs, and which can be read again from any of them, like a file that
 * somebody writes to. It belongs to the world outside, so it outlives the process.
 */
import type { Prng } from '../base/prng.ts';
import { Signal } from '../base/signal.ts';
import type { IngressSource, SourceBatch, SourceHooks } from '../sdk/ingress.ts';

const BATCH_MAX = 4;

export class FedSource implements IngressSource<unknown> {
  readonly replayable = true;
  readonly #prng: Prng;
  readonly #records: unknown[] = [];
  readonly #grown = new Signal();

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  get count(): number {
    return this.#records.length;
  }

  add(records: readonly unknown[]): void {
    this.#records.push(...records);
    this.#grown.raise();
  }

  async *read(from: unknown, { signal }: SourceHooks): AsyncGenerator<SourceBatch<unknown>> {
    signal.addEventListener('abort', () => this.#grown.raise());
    for (let at = Number(from ?? 0); !signal.aborted; ) {
      if (at === this.#records.length) {
        await this.#grown.next();
        continue;
      }
      const end = Math.min(this.#records.length, at + 1 + this.#prng.below(BATCH_MAX));
      yield { records: this.#records.slice(at, end), position: end };
      at = end;
    }
  }
}
