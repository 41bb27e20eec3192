/**
 * Rows of a range, part by part: what is in memory laid over what the store gives, group by group. What the store has
 * stays bytes, since those who go through millions of rows mostly want a look at each, or none. Whoever reads holds one
 * part, and not the range.
 */
import type { StoreEntry } from '../store/state-store.ts';
import type { FoundRow } from './merged-rows.ts';

/** A row of a part: as the store has it, or as it is in memory. */
export interface PartRow {
  readonly key: string;
  /** The bytes of its value; undefined if it is in memory. */
  readonly stored: Uint8Array | undefined;
  readonly value: unknown;
}

export interface RowPart {
  readonly rows: readonly PartRow[];
  /** The last epoch that the store held when its range was looked at; see `DirtyEntities`. */
  readonly appliedEpoch: number;
}

/** `known`, of which those without a value are gone, and what is stored and not under a prefix that was erased. */
export async function* mergedParts(
  known: readonly FoundRow[],
  stored: AsyncIterable<readonly StoreEntry[]> | undefined,
  erased: readonly string[],
  appliedEpoch: number,
): AsyncGenerator<RowPart, void, undefined> {
  const merge = new PartMerge(known, erased);
  if (stored !== undefined) {
    for await (const group of stored) {
      const rows = merge.with(group);
      if (rows.length > 0) yield { rows, appliedEpoch };
    }
  }
  const rows = merge.rest();
  if (rows.length > 0) yield { rows, appliedEpoch };
}

class PartMerge {
  readonly #known: readonly FoundRow[];
  readonly #erased: readonly string[];
  #next = 0;
  #erasure = 0;

  constructor(known: readonly FoundRow[], erased: readonly string[]) {
    this.#known = known;
    this.#erased = erased;
  }

  with(group: readonly StoreEntry[]): PartRow[] {
    const known = this.#known;
    const rows: PartRow[] = [];
    for (const { key: bytes, value: stored } of group) {
      const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      for (; this.#next < known.length && known[this.#next].key < key; this.#next++) this.#add(rows);
      if (known[this.#next]?.key !== key && !this.#isErased(key)) rows.push({ key, stored, value: undefined });
    }
    return rows;
  }

  /** What lies behind all that is stored. */
  rest(): PartRow[] {
    const rows: PartRow[] = [];
    for (; this.#next < this.#known.length; this.#next++) this.#add(rows);
    return rows;
  }

  #add(rows: PartRow[]): void {
    const { key, value } = this.#known[this.#next];
    if (value !== undefined) rows.push({ key, stored: undefined, value });
  }

  /** Keys come in ascending order. */
  #isErased(key: string): boolean {
    const erased = this.#erased;
    while (this.#erasure < erased.length && erased[this.#erasure] < key && !key.startsWith(erased[this.#erasure])) {
      this.#erasure++;
    }
    return erased[this.#erasure] !== undefined && key.startsWith(erased[this.#erasure]);
  }
}
