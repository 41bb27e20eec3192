/**
 * What one invocation does to rows: kept aside until it returns, and then done all at once, or never (I5). The invocation
 * itself already sees its own changes.
 */
import { afterPrefix } from '../state/row.ts';
import type { FoundRow, Rows } from './rows.ts';

export class RowWrites {
  readonly #rows: Rows;
  /** New values by key; undefined where a row is removed. */
  readonly #values = new Map<string, unknown>();
  /** Keys that were never used before. */
  readonly #fresh = new Set<string>();
  /** Prefixes that were erased before all values. */
  readonly #erased: string[] = [];

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  get(key: string): unknown {
    if (this.#values.has(key)) return this.#values.get(key);
    return this.#isErased(key) ? undefined : this.#rows.get(key);
  }

  /** `undefined` removes; see `Rows.set`. */
  set(key: string, value: unknown, isNew = false): void {
    this.#values.set(key, value);
    if (isNew) this.#fresh.add(key);
  }

  erase(prefix: string): void {
    for (const key of this.#values.keys()) if (key.startsWith(prefix)) this.#values.delete(key);
    if (!this.#isErased(prefix)) this.#erased.push(prefix);
  }

  /**
   * All rows of a range, as this invocation sees them now; of a range that nobody changes while the invocation is under
   * way, since it is read bit by bit.
   */
  scan(from: string, before: string): AsyncGenerator<FoundRow, void, undefined> {
    const changes: FoundRow[] = [];
    for (const [key, value] of this.#values) if (key >= from && key < before) changes.push({ key, value });
    changes.sort((one, other) => (one.key < other.key ? -1 : 1));
    const found = this.#rows.walk(from, before, changes);
    if (this.#erased.length === 0) return found;
    const own = new Set(changes.map(({ key }) => key));
    return visible(found, [...this.#erased], own);
  }

  /** The invocation has returned. */
  apply(): void {
    this.#rows.check();
    if (this.isEmpty) return;
    for (const prefix of this.#erased) this.#rows.erase(prefix);
    for (const [key, value] of this.#values) this.#rows.set(key, value, this.#fresh.has(key));
    this.#forget();
  }

  /** The invocation has failed; unless it was the store that did, and then it was not the function. */
  discard(): void {
    this.#forget();
    this.#rows.check();
  }

  #forget(): void {
    this.#values.clear();
    this.#fresh.clear();
    this.#erased.length = 0;
  }

  get isEmpty(): boolean {
    return this.#values.size === 0 && this.#erased.length === 0;
  }

  #isErased(key: string): boolean {
    return this.#erased.some((prefix) => key.startsWith(prefix));
  }
}

/** What was not erased, or was written after that. */
async function* visible(
  found: AsyncGenerator<FoundRow, void, undefined>,
  erased: readonly string[],
  own: ReadonlySet<string>,
): AsyncGenerator<FoundRow, void, undefined> {
  for await (const row of found) {
    if (own.has(row.key) || !erased.some((prefix) => row.key.startsWith(prefix))) yield row;
  }
}

/** The range of all keys under a prefix. */
export function rangeOf(prefix: string): { from: string; before: string } {
  return { from: prefix, before: afterPrefix(prefix) };
}
