/**
 * How often messages were tried that are to stumble. The world remembers it, whatever becomes of the engine: so each
 * stumbles as often as it is told to at most, and is handled in the end.
 */
export class Attempts {
  readonly #counts = new Map<number, number>();

  /** The number of the next attempt, from 1. */
  next(uid: number): number {
    const count = (this.#counts.get(uid) ?? 0) + 1;
    this.#counts.set(uid, count);
    return count;
  }
}
