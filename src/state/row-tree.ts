/** A sorted map of rows by their keys, and the only file that knows which package that is. */
import { createRequire } from 'node:module';
import type SortedBTree from 'sorted-btree';

// The package is CommonJS with a default export, of which every loader of modules makes something else.
const { default: BTree } = createRequire(import.meta.url)('sorted-btree') as typeof SortedBTree;

/** Binary strings in the order of their bytes. */
const byBytes = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

export class RowTree<Item> {
  readonly #tree = new BTree<string, Item>(undefined, byBytes);

  get size(): number {
    return this.#tree.size;
  }

  get(key: string): Item | undefined {
    return this.#tree.get(key);
  }

  set(key: string, item: Item): void {
    this.#tree.set(key, item);
  }

  delete(key: string): void {
    this.#tree.delete(key);
  }

  /** The item with the greatest key that is not above this one. */
  atOrBelow(key: string): Item | undefined {
    return this.#tree.getPairOrNextLower(key)?.[1];
  }

  /** All items with `from` <= key < `before`, as they are now. */
  range(from: string, before: string): Item[] {
    const items: Item[] = [];
    this.#tree.forRange(from, before, false, (_key, item) => void items.push(item));
    return items;
  }

  /** The same, but no more than so many. */
  first(from: string, before: string, count: number): Item[] {
    const items: Item[] = [];
    this.#tree.forRange(from, before, false, (_key, item) => (items.push(item) < count ? undefined : { break: true }));
    return items;
  }

  *values(): Generator<Item> {
    yield* this.#tree.values();
  }
}
