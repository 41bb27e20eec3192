/**
 * A set of erasures that says whether a key is erased. None of its prefixes begins with another one of them, so there is
 * one at most that covers a key, and it is the nearest at or below the key.
 */
import { afterPrefix, type Erasure } from './row.ts';
import { RowTree } from './row-tree.ts';

export class Erasures {
  readonly #tree = new RowTree<Erasure>();

  get size(): number {
    return this.#tree.size;
  }

  covers(key: string): boolean {
    if (this.#tree.size === 0) return false;
    const nearest = this.#tree.atOrBelow(key);
    return nearest !== undefined && key.startsWith(nearest.prefix);
  }

  /** Adds one that is not covered; those that it covers go. */
  add(erasure: Erasure): void {
    const { prefix } = erasure;
    for (const inner of this.#tree.range(prefix, afterPrefix(prefix))) this.#tree.delete(inner.prefix);
    this.#tree.set(prefix, erasure);
  }

  /** Removes this very one, if it is there. */
  remove(erasure: Erasure): void {
    if (this.#tree.get(erasure.prefix) === erasure) this.#tree.delete(erasure.prefix);
  }

  /** The prefixes that cover any key with `from` <= key < `before`, ascending. */
  between(from: string, before: string): string[] {
    const prefixes = this.#tree.range(from, before).map(({ prefix }) => prefix);
    const nearest = this.#tree.atOrBelow(from);
    if (nearest !== undefined && nearest.prefix !== from && from.startsWith(nearest.prefix)) {
      prefixes.unshift(nearest.prefix);
    }
    return prefixes;
  }

  /** All of them, ascending. */
  *values(): Generator<Erasure> {
    yield* this.#tree.values();
  }
}
