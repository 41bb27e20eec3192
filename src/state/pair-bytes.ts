/**
 * The records of pairs, as bytes outside the heap: written when a pair is set, copied when a checkpoint wants them, and
 * read when the pair is looked for or parted. It belongs to `RowPairs`; a pair's records are named by their slot.
 */
import { PayloadCodec } from '../wire/payload-codec.ts';
import { ByteSlots } from './byte-slots.ts';
import { TAIL_BYTES } from './pair-layout.ts';
import { type RecordSpan, readRecord, readRowValueAt } from './record-reader.ts';
import { RecordWriter } from './record-writer.ts';

const SCRATCH_BYTES = 1 << 12;
/** No two records are shorter than this. */
const LINE_BYTES = 64;

export class PairBytes {
  readonly #slots = new ByteSlots();
  readonly #codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);
  readonly #records = new RecordWriter(this.#codec, SCRATCH_BYTES);
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };

  /** Keeps both records: the value of the first row, and `true` for the second. Returns their slot. */
  put(first: Uint8Array, second: Uint8Array, secondBytes: number, value: unknown): number {
    const records = this.#records;
    records.length = 0;
    records.writeRowOf(first, first.length, value);
    records.writeRowOf(second, secondBytes, true);
    const slot = this.#slots.take(records.length);
    this.#slots.find(slot);
    records.bytes.copy(this.#slots.bytes, this.#slots.start, 0, records.length);
    return slot;
  }

  free(slot: number): void {
    this.#slots.free(slot);
  }

  /** Reads the lines of memory in which most of it lies. */
  fetch(slot: number): number {
    this.#slots.find(slot);
    const { bytes, start } = this.#slots;
    return bytes[start] ^ bytes[start + LINE_BYTES - 1];
  }

  firstKey(slot: number): string {
    const { keyStart, keyEnd } = this.#first(slot);
    return this.#slots.bytes.toString('latin1', keyStart, keyEnd);
  }

  secondKey(slot: number): string {
    const { keyStart, keyEnd } = this.#second(slot);
    return this.#slots.bytes.toString('latin1', keyStart, keyEnd);
  }

  firstValue(slot: number): unknown {
    const { valueStart } = this.#first(slot);
    return readRowValueAt(this.#codec, this.#slots.bytes, valueStart);
  }

  /** Whether one of the keys is this one. */
  hasKey(slot: number, key: string): boolean {
    return this.#isKey(key, this.#first(slot)) || this.#isKey(key, this.#second(slot));
  }

  #isKey(key: string, { keyStart, keyEnd }: RecordSpan): boolean {
    if (keyEnd - keyStart !== key.length) return false;
    const { bytes } = this.#slots;
    for (let at = 0; at < key.length; at++) if (bytes[keyStart + at] !== key.charCodeAt(at)) return false;
    return true;
  }

  /** Copies both records. */
  write(slot: number, records: RecordWriter): void {
    const { end } = this.#second(slot);
    records.copyRecords(this.#slots.bytes, this.#slots.start, end);
  }

  /** Writes that both rows are removed. */
  writeRemoval(slot: number, records: RecordWriter): void {
    const first = this.#first(slot);
    records.copyRemoval(this.#slots.bytes, first.keyStart, first.keyEnd);
    const second = this.#second(slot);
    records.copyRemoval(this.#slots.bytes, second.keyStart, second.keyEnd);
  }

  #first(slot: number): RecordSpan {
    this.#slots.find(slot);
    return readRecord(this.#slots.bytes, this.#slots.start, this.#span);
  }

  /** The span is the same object, so the first record's is gone. */
  #second(slot: number): RecordSpan {
    const { end } = this.#first(slot);
    return readRecord(this.#slots.bytes, end, this.#span);
  }

  /** Memory that is kept, used or not. */
  get byteLength(): number {
    return this.#slots.byteLength;
  }
}

/** The last bytes of a key as a number. */
export function tailOf(key: Uint8Array, byteLength: number): number {
  const at = byteLength - TAIL_BYTES;
  return (key[at] << 24) | (key[at + 1] << 16) | (key[at + 2] << 8) | key[at + 3];
}

export function tailOfText(key: string): number {
  const at = key.length - TAIL_BYTES;
  return (
    (key.charCodeAt(at) << 24) | (key.charCodeAt(at + 1) << 16) | (key.charCodeAt(at + 2) << 8) | key.charCodeAt(at + 3)
  );
}
