/**
 * Sorts the records of one key group by their keys. Keys are told apart by 32 bits where they first differ from each
 * other, packed together with the record's place into one number: numbers sort many times faster than anything that
 * needs a comparison in JavaScript. Only those that are alike in these bits are compared as a whole.
 */
import { type RecordSpan, readRecord } from '../state/record-reader.ts';

/** A place takes 20 bits beside the 32 of the key: together they are exact in a double. */
const PLACES = 1 << 20;

export interface KeyedRecord {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly end: number;
}

/** The records in `bytes`, by key; those of one key in the order in which they lie. */
export function sortedRecords(bytes: Buffer): KeyedRecord[] {
  const records: KeyedRecord[] = [];
  const span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  for (let at = 0; at < bytes.length; at = span.end) {
    readRecord(bytes, at, span);
    const { keyStart, keyEnd, valueStart, end } = span;
    records.push({ keyStart, keyEnd, valueStart, end });
  }
  return records.length > PLACES ? records.sort((a, b) => compare(bytes, a, b)) : sortByNumber(bytes, records);
}

/** `sort` is stable, and records are compared by key alone. */
function compare(bytes: Buffer, a: KeyedRecord, b: KeyedRecord): number {
  return bytes.compare(bytes, b.keyStart, b.keyEnd, a.keyStart, a.keyEnd);
}

function sortByNumber(bytes: Buffer, records: readonly KeyedRecord[]): KeyedRecord[] {
  const skip = commonLength(bytes, records);
  const numbers = new Float64Array(records.length);
  records.forEach(({ keyStart, keyEnd }, place) => {
    numbers[place] = headOf(bytes, keyStart + skip, keyEnd) * PLACES + place;
  });
  numbers.sort();
  const sorted = Array.from(numbers, (number) => records[number % PLACES]);
  for (let start = 0; start < sorted.length; ) {
    const head = Math.floor(numbers[start] / PLACES);
    let end = start + 1;
    while (end < sorted.length && Math.floor(numbers[end] / PLACES) === head) end++;
    if (end - start > 1) {
      const alike = sorted.slice(start, end).sort((a, b) => compare(bytes, a, b));
      for (let index = start; index < end; index++) sorted[index] = alike[index - start];
    }
    start = end;
  }
  return sorted;
}

/** How many bytes all keys begin with alike. */
function commonLength(bytes: Buffer, records: readonly KeyedRecord[]): number {
  if (records.length === 0) return 0;
  const [{ keyStart: first, keyEnd }] = records;
  let length = keyEnd - first;
  for (const { keyStart, keyEnd: end } of records) {
    length = Math.min(length, end - keyStart);
    for (let index = 0; index < length; index++) {
      if (bytes[first + index] !== bytes[keyStart + index]) length = index;
    }
  }
  return length;
}

/** Four bytes as a number, with zeros behind the end. */
function headOf(bytes: Buffer, start: number, end: number): number {
  let head = 0;
  for (let index = start; index < start + 4; index++) head = head * 256 + (index < end ? bytes[index] : 0);
  return head;
}
