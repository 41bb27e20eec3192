/**
 * Work that takes long, as work goes: promises that resolve after some steps of a run, in any order, whatever the clock
 * says. One run owns them; when its process dies, they never resolve.
 */
import type { Prng } from '../base/prng.ts';

const LINGER_STEPS = 40;

export class Lingerers {
  readonly #prng: Prng;
  #waiting: (() => void)[] = [];

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  linger(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** Now and then lets one of them go. */
  release(): boolean {
    if (this.#waiting.length === 0 || !this.#prng.chance(1 / LINGER_STEPS)) return false;
    this.#waiting.splice(this.#prng.below(this.#waiting.length), 1)[0]();
    return true;
  }

  forget(): void {
    this.#waiting = [];
  }
}
