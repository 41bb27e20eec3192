/**
 * Tables and lists of bulk data as rows, and what several records for one entity come to: entries of a table add up, of
 * a list the last one counts.
 */
import { checkTableKey } from '../sdk/table.ts';
import { counted, readUnsigned, rowPrefix, unsigned, utf8 } from '../state/row.ts';
import type { StateSlot } from '../state/state-view.ts';
import { SECTION_LIST, SECTION_TABLE } from '../store/key-layout.ts';
import { LIST_INDEX_BYTES } from '../shard/rows/list-rows.ts';

export interface BootstrapRow {
  readonly key: string;
  readonly value: unknown;
}

/** What the keys of its rows begin with. */
function prefixOf({ kind, name }: StateSlot, type: string, hash: number, id: string): string {
  return rowPrefix(kind === 'table' ? SECTION_TABLE : SECTION_LIST, type, hash, id) + counted(utf8(name));
}

/** The rows of a table, from a map or an object, or of a list, from an array. Throws for anything else. */
export function rowsOf(slot: StateSlot, type: string, hash: number, id: string, given: unknown): BootstrapRow[] {
  const prefix = prefixOf(slot, type, hash, id);
  if (slot.kind === 'list') {
    if (!Array.isArray(given)) throw new TypeError(`the list ${slot.name} is not an array`);
    return given.map((value: unknown, index) => ({ key: prefix + unsigned(index, LIST_INDEX_BYTES), value }));
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`the table ${slot.name} is neither a Map nor an object`);
  }
  const entries: Iterable<[unknown, unknown]> = given instanceof Map ? given : Object.entries(given);
  return Array.from(entries, ([key, value]) => ({ key: prefix + utf8(checkTableKey(key)), value }));
}

/** What is left over of lists that a later record for the same entity has made shorter. */
export class ListLengths {
  readonly #lengths = new Map<string, number>();

  set(slot: StateSlot, type: string, hash: number, id: string, length: number): void {
    this.#lengths.set(prefixOf(slot, type, hash, id), length);
  }

  /** Whether this row lies beyond the end of its list. */
  isBeyond(key: Buffer): boolean {
    if (this.#lengths.size === 0 || key[2] !== SECTION_LIST) return false;
    const text = key.toString('latin1');
    const end = text.length - LIST_INDEX_BYTES;
    const length = this.#lengths.get(text.slice(0, end));
    return length !== undefined && readUnsigned(text, end, LIST_INDEX_BYTES) >= length;
  }
}
