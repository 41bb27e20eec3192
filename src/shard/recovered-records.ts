/**
 * What the changelog has and the store has not, after a start: of each key the newest committed record, as bytes. A
 * restart must not take longer because there is more state, so nothing is made of a record before somebody wants it: an
 * entity when a message comes for it, and everything else when the next round of folding has put it into the store.
 * Then all of this is dropped.
 *
 * Records are found by the hash of their key, in open addressing over plain numbers: about 0.2 µs a record, where making
 * an entity of each took 0.9.
 */
import { hashAsciiId, hashId } from '../keys/id-hash.ts';
import { isEntityKey, NOTHING, type RecordSpan, readKey, readRecord } from '../state/record-reader.ts';
import { Row, type Erasure, type Stored } from '../state/row.ts';
import { ID_ASCII, KEY_HEAD_BYTES } from '../store/key-layout.ts';

const CAPACITY_MIN = 1024;
/** Slots an entry; what is searched for is mostly there, and found at once. */
const SLOTS_PER_ENTRY = 2;

/** The newest record of a key. */
export interface RecoveredRecord {
  readonly bytes: Buffer;
  /** The places of key and value in it; `NOTHING` instead of a value when it has been removed. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly end: number;
  /** Of the run, as in `DirtyEntities`. */
  readonly epoch: number;
  /** What has been made of it. */
  readonly item: Stored | undefined;
}

export class RecoveredRecords {
  /** Keys. */
  count = 0;
  /** Records, the older ones of each key included, and their length. */
  recordCount = 0;
  byteLength = 0;
  /** Of the last delta. */
  lastEpoch = 0;
  readonly erasures: Erasure[] = [];
  readonly #frames: Buffer[] = [];
  #hashes = new Int32Array(CAPACITY_MIN);
  #frameNumbers = new Int32Array(CAPACITY_MIN);
  #offsets = new Int32Array(CAPACITY_MIN);
  #epochs = new Int32Array(CAPACITY_MIN);
  /** By entry; there where something has been made of it. */
  readonly #items: (Stored | undefined)[] = [];
  /** Entries + 1; 0 where none is. */
  #slots = new Int32Array(CAPACITY_MIN * SLOTS_PER_ENTRY);
  /** Entries of rows that were erased after they were written. */
  readonly #removed = new Set<number>();
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };

  get isEmpty(): boolean {
    return this.recordCount === 0;
  }

  /** An erasure; it has no entry. */
  addErasure(erasure: Erasure): void {
    this.erasures.push(erasure);
  }

  /** Takes a frame of records over: its bytes must not change any more. */
  addFrame(frame: Buffer): void {
    this.#frames.push(frame);
    this.byteLength += frame.length;
  }

  /** Adds the record at `at` of the last frame; `item` is what has been made of it already. Older ones go first. */
  add(at: number, { keyStart, keyEnd }: RecordSpan, epoch: number, item: Stored | undefined): void {
    const frameNumber = this.#frames.length - 1;
    const frame = this.#frames[frameNumber];
    const hash = hashOfKey(frame, keyStart, keyEnd);
    const slot = this.#slotOf(hash, frame, keyStart, keyEnd);
    let entry = this.#slots[slot] - 1;
    if (entry === -1) {
      entry = this.count++;
      this.#slots[slot] = entry + 1;
      this.#hashes[entry] = hash;
      this.#items.push(undefined);
    }
    this.#frameNumbers[entry] = frameNumber;
    this.#offsets[entry] = at;
    this.#epochs[entry] = epoch;
    this.#items[entry] = item;
    if (this.count === this.#hashes.length) this.#grow();
  }

  /** The entry of a key whose id has this hash; -1 if there is none. */
  find(hash: number, key: Buffer, keyLength: number): number {
    return this.#slots[this.#slotOf(hash, key, 0, keyLength)] - 1;
  }

  record(entry: number): RecoveredRecord {
    const bytes = this.#frames[this.#frameNumbers[entry]];
    const at = this.#offsets[entry];
    const span = this.#span;
    readRecord(bytes, at, span);
    const valueStart = this.#removed.has(entry) ? NOTHING : span.valueStart;
    return { bytes, ...span, valueStart, epoch: this.#epochs[entry], item: this.#items[entry] };
  }

  /** Something has been made of a record: whoever drops the records must know of it. */
  take(entry: number, item: Stored): void {
    this.#items[entry] = item;
  }

  /** All has been added: notes which rows an erasure has taken away after they were written. */
  seal(): void {
    for (let entry = 0; entry < this.count; entry++) {
      const item = this.#items[entry];
      if (item instanceof Row && item.value === undefined) this.#removed.add(entry);
    }
  }

  /** Where a key is, or would be put. */
  #slotOf(hash: number, key: Buffer, keyStart: number, keyEnd: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = Math.imul(hash, 0x9e3779b1) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] - 1;
      if (entry === -1) return slot;
      if (this.#hashes[entry] === hash && this.#hasKey(entry, key, keyStart, keyEnd)) return slot;
    }
  }

  #hasKey(entry: number, key: Buffer, keyStart: number, keyEnd: number): boolean {
    const bytes = this.#frames[this.#frameNumbers[entry]];
    const span = this.#span;
    readRecord(bytes, this.#offsets[entry], span);
    const length = keyEnd - keyStart;
    if (span.keyEnd - span.keyStart !== length) return false;
    // From the end, where keys differ.
    for (let index = length - 1; index >= 0; index--) {
      if (bytes[span.keyStart + index] !== key[keyStart + index]) return false;
    }
    return true;
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2;
    this.#hashes = grown(this.#hashes, capacity);
    this.#frameNumbers = grown(this.#frameNumbers, capacity);
    this.#offsets = grown(this.#offsets, capacity);
    this.#epochs = grown(this.#epochs, capacity);
    this.#slots = new Int32Array(capacity * SLOTS_PER_ENTRY);
    const mask = this.#slots.length - 1;
    for (let entry = 0; entry < this.count; entry++) {
      let slot = Math.imul(this.#hashes[entry], 0x9e3779b1) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry + 1;
    }
  }
}

function grown(numbers: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(numbers);
  return larger;
}

/** Of an entity that of its id, which every message to it carries; of a row that of the whole key. */
function hashOfKey(bytes: Buffer, keyStart: number, keyEnd: number): number {
  if (!isEntityKey(bytes, keyStart)) return hashAsciiId(bytes, keyStart, keyEnd);
  const formAt = keyStart + KEY_HEAD_BYTES + bytes.readUInt16BE(keyStart + 3);
  if (bytes[formAt] === ID_ASCII) return hashAsciiId(bytes, formAt + 1, keyEnd);
  return hashId(readKey(bytes, keyStart, keyEnd).id);
}
