/**
 * What was asked of a data directory from its beginning, over all processes that have worked on it; and so what a sample
 * of its entities must hold.
 */
import { loadedSum, sampledVisits, type Walks } from './walk.ts';

export class WalkLedger {
  readonly #entities: number;
  /** Walks that are begun together. */
  readonly walkCount: number;
  #begunCount = 0;
  #sum: number;

  constructor(entities: number, walkCount: number) {
    this.#entities = entities;
    this.walkCount = walkCount;
    this.#sum = loadedSum(entities);
  }

  /** Notes walks that nobody has taken yet. They must then be carried out. */
  add(rounds: number): Walks {
    this.#begunCount++;
    const walks: Walks = { count: this.walkCount, rounds, seed: this.#begunCount };
    this.#sum += sampledVisits(walks, this.#entities);
    return walks;
  }

  get expectedSum(): number {
    return this.#sum;
  }
}
