/**
 * Tables and lists of a committed cut, or of the memory of a shard, read off their rows.
 */
import type { Address } from '../../src/index.ts';
import { readAddressBytes, readUnsigned, readUtf8 } from '../../src/state/row.ts';
import { SECTION_LIST, SECTION_TABLE } from '../../src/store/key-layout.ts';

/** An entry of a table, or an element of a list, which has no key. */
export interface StatePart {
  readonly address: Address;
  /** Of the state. */
  readonly name: string;
  readonly key: string | undefined;
  readonly value: unknown;
}

/** Elements of one list come in the order of their places, entries in that of their keys. */
export function* partsOf(rows: Iterable<readonly [key: string, value: unknown]>): Generator<StatePart> {
  const parts = [...rows].filter(([key]) => key.charCodeAt(2) === SECTION_TABLE || key.charCodeAt(2) === SECTION_LIST);
  for (const [key, value] of parts.sort(([one], [other]) => (one < other ? -1 : 1))) {
    const { type, id, end } = readAddressBytes(key, 3);
    const nameEnd = end + 2 + readUnsigned(key, end, 2);
    const isEntry = key.charCodeAt(2) === SECTION_TABLE;
    yield {
      address: { type, id },
      name: readUtf8(key.slice(end + 2, nameEnd)),
      key: isEntry ? readUtf8(key.slice(nameEnd)) : undefined,
      value,
    };
  }
}
