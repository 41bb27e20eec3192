/**
 * What one invocation does to rows: kept aside until it returns, and then done all at once, or never (I5). The invocation
 * itself already sees its own changes.
 */
import { afterPrefix } from '../../state/row.ts';
import type { FoundRow, Rows } from './rows.ts';

/** Up to so many changes are looked through; most invocations make a few, and a `Map` would cost more to empty again. */
const FEW = 8;

/** What a row is to be. */
interface RowChange {
  readonly key: string;
  /** Undefined when it is removed. */
  value: unknown;
  /** Whether the key was never used before. */
  isNew: boolean;
}

export class RowWrites {
  readonly #rows: Rows;
  #changes: RowChange[] = [];
  /** The same by key, when there are many. */
  #byKey: Map<string, RowChange> | undefined;
  /** Prefixes that were erased before all changes. */
  readonly #erased: string[] = [];

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  get(key: string): unknown {
    const change = this.#find(key);
    if (change !== undefined) return change.value;
    return this.#isErased(key) ? undefined : this.#rows.get(key);
  }

  /** `undefined` removes; see `Rows.set`. */
  set(key: string, value: unknown, isNew = false): void {
    const known = this.#find(key);
    if (known === undefined) {
      this.#add({ key, value, isNew });
    } else {
      known.value = value;
      known.isNew ||= isNew;
    }
  }

  #find(key: string): RowChange | undefined {
    if (this.#byKey !== undefined) return this.#byKey.get(key);
    for (const change of this.#changes) if (change.key === key) return change;
    return undefined;
  }

  #add(change: RowChange): void {
    this.#changes.push(change);
    if (this.#byKey !== undefined) this.#byKey.set(change.key, change);
    else if (this.#changes.length > FEW) this.#byKey = new Map(this.#changes.map((each) => [each.key, each]));
  }

  erase(prefix: string): void {
    const kept = this.#changes.filter(({ key }) => !key.startsWith(prefix));
    this.#changes = [];
    this.#byKey = undefined;
    for (const change of kept) this.#add(change);
    if (!this.#isErased(prefix)) this.#erased.push(prefix);
  }

  /**
   * All rows of a range, as this invocation sees them now; of a range that nobody changes while the invocation is under
   * way, since it is read bit by bit.
   */
  scan(from: string, before: string): AsyncGenerator<FoundRow, void, undefined> {
    const changes: FoundRow[] = [];
    for (const { key, value } of this.#changes) if (key >= from && key < before) changes.push({ key, value });
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
    for (const { key, value, isNew } of this.#changes) this.#rows.set(key, value, isNew);
    this.#forget();
  }

  /** The invocation has failed; unless it was the store that did, and then it was not the function. */
  discard(): void {
    this.#forget();
    this.#rows.check();
  }

  #forget(): void {
    this.#changes = [];
    this.#byKey = undefined;
    this.#erased.length = 0;
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0 && this.#erased.length === 0;
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
