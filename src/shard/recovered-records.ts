/**
 * What the changelog has and the store has not, after a start: of each key the newest committed record, as bytes. A
 * restart must not take longer because there is more state, so nothing is made of a record before somebody wants it: an
 * entity when a message comes for it, and everything else when the next round of folding has put it into the store.
 * Then all of this is dropped.
 *
 * Records are found by the hash of their key, in open addressing over plain numbers. What a search reads is close
 * together, since nearly all of its time is waiting for memory: an entry is one cache line at most, and the keys that
 * it is compared with lie side by side, not in the records. About 0.45 µs a record with half a million entities, where
 * making an entity of each took 0.9.
 */
import { hashAsciiId, hashId } from '../keys/id-hash.ts';
import { isEntityKey, NOTHING, type RecordSpan, readKey, readRecord } from '../state/record-reader.ts';
import { Erasure, Row, type Stored } from '../state/row.ts';
import { ID_ASCII, KEY_HEAD_BYTES } from '../store/key-layout.ts';

const CAPACITY_MIN = 1024;
/** Slots an entry; what is searched for is mostly there, and found at once. */
const SLOTS_PER_ENTRY = 2;
/** Numbers of an entry: its hash, where its newest record lies and of which epoch that is, and where its key lies. */
const HASH = 0;
const FRAME = 1;
const OFFSET = 2;
const EPOCH = 3;
const KEY_START = 4;
const KEY_END = 5;
/** A power of two, so that an entry never lies in two cache lines. */
const STRIDE = 8;
const KEYS_BYTES_MIN = 1 << 16;

/** What has been made of the record that `span` describes: a row, or an erasure. */
export type TakeRow = (frame: Buffer, span: RecordSpan) => Stored;

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
  #entries = new Int32Array(CAPACITY_MIN * STRIDE);
  /** Where the records of the frame that is added begin, and the hashes of their keys. */
  #aheadPlaces = new Int32Array(CAPACITY_MIN);
  #aheadHashes = new Int32Array(CAPACITY_MIN);
  #aheadReads = new Int32Array(CAPACITY_MIN);
  /** Keeps the reads that fetch from being compiled away. */
  fetched = 0;
  /** The keys of all entries, one after the other. */
  #keys = new Uint8Array(KEYS_BYTES_MIN);
  #keysLength = 0;
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

  /**
   * Takes a frame of records over, whose bytes must not change any more; frames of older epochs go first. `takeRow` sees
   * the records that are not of entities, and says what it has made of them: a row, or an erasure, which has no entry.
   */
  addFrame(frame: Buffer, epoch: number, takeRow: TakeRow): void {
    this.#frames.push(frame);
    this.byteLength += frame.length;
    const count = this.#lookAhead(frame);
    this.recordCount += count;
    for (let index = 0; index < count; index++) {
      const at = this.#aheadPlaces[index];
      const { keyStart, keyEnd } = readRecord(frame, at, this.#span);
      const item = isEntityKey(frame, keyStart) ? undefined : takeRow(frame, this.#span);
      if (item instanceof Erasure) this.erasures.push(item);
      else this.#add(at, epoch, this.#aheadHashes[index], frame, keyStart, keyEnd, item);
    }
  }

  /** Finds the records of a frame, and fetches what adding them will read. */
  #lookAhead(frame: Buffer): number {
    let count = 0;
    for (let at = 0; at < frame.length; at = this.#span.end) {
      const { keyStart, keyEnd } = readRecord(frame, at, this.#span);
      if (count === this.#aheadPlaces.length) this.#growAhead();
      this.#aheadPlaces[count] = at;
      this.#aheadHashes[count++] = hashOfKey(frame, keyStart, keyEnd);
    }
    this.#fetch(count);
    return count;
  }

  /**
   * Reads slots, entries and keys of the next records, each in a loop that does nothing else: then the processor has
   * as many cache misses under way as it can.
   */
  #fetch(count: number): void {
    const hashes = this.#aheadHashes;
    const reads = this.#aheadReads;
    const slots = this.#slots;
    const entries = this.#entries;
    const keys = this.#keys;
    const mask = slots.length - 1;
    for (let index = 0; index < count; index++) reads[index] = slots[hashes[index] & mask];
    for (let index = 0; index < count; index++) {
      reads[index] = entries[Math.max(0, reads[index] - 1) * STRIDE + KEY_START];
    }
    let fetched = 0;
    for (let index = 0; index < count; index++) fetched ^= keys[reads[index]];
    this.fetched = fetched;
  }

  #growAhead(): void {
    const length = this.#aheadPlaces.length * 2;
    this.#aheadPlaces = grown(this.#aheadPlaces, length, Int32Array);
    this.#aheadHashes = grown(this.#aheadHashes, length, Int32Array);
    this.#aheadReads = new Int32Array(length);
  }

  #add(
    at: number,
    epoch: number,
    hash: number,
    frame: Buffer,
    keyStart: number,
    keyEnd: number,
    item: Stored | undefined,
  ): void {
    const slot = this.#slotOf(hash, frame, keyStart, keyEnd);
    const known = this.#slots[slot] - 1;
    const entry = known === -1 ? this.#newEntry(slot, hash, frame, keyStart, keyEnd) : known;
    const entries = this.#entries;
    entries[entry * STRIDE + FRAME] = this.#frames.length - 1;
    entries[entry * STRIDE + OFFSET] = at;
    entries[entry * STRIDE + EPOCH] = epoch;
    if (item !== undefined) this.#items[entry] = item;
    if (this.count * STRIDE === entries.length) this.#grow();
  }

  #newEntry(slot: number, hash: number, frame: Buffer, keyStart: number, keyEnd: number): number {
    const entry = this.count++;
    this.#slots[slot] = entry + 1;
    this.#items.push(undefined);
    const start = this.#keysLength;
    this.#keysLength = start + keyEnd - keyStart;
    if (this.#keysLength > this.#keys.length) this.#keys = grown(this.#keys, this.#keysLength * 2, Uint8Array);
    for (let index = keyStart; index < keyEnd; index++) this.#keys[start + index - keyStart] = frame[index];
    this.#entries[entry * STRIDE + HASH] = hash;
    this.#entries[entry * STRIDE + KEY_START] = start;
    this.#entries[entry * STRIDE + KEY_END] = this.#keysLength;
    return entry;
  }

  /** The entry of a key whose id has this hash; -1 if there is none. */
  find(hash: number, key: Buffer, keyLength: number): number {
    return this.#slots[this.#slotOf(hash, key, 0, keyLength)] - 1;
  }

  record(entry: number): RecoveredRecord {
    const at = entry * STRIDE;
    const bytes = this.#frames[this.#entries[at + FRAME]];
    const { keyStart, keyEnd, valueStart, end } = readRecord(bytes, this.#entries[at + OFFSET], this.#span);
    return {
      bytes,
      keyStart,
      keyEnd,
      valueStart: this.#removed.has(entry) ? NOTHING : valueStart,
      end,
      epoch: this.#entries[at + EPOCH],
      item: this.#items[entry],
    };
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
  #slotOf(hash: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] - 1;
      if (entry === -1 || (this.#entries[entry * STRIDE] === hash && this.#hasKey(entry, key, keyStart, keyEnd))) {
        return slot;
      }
    }
  }

  #hasKey(entry: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    const start = this.#entries[entry * STRIDE + KEY_START];
    const length = keyEnd - keyStart;
    if (this.#entries[entry * STRIDE + KEY_END] - start !== length) return false;
    const keys = this.#keys;
    for (let index = 0; index < length; index++) if (keys[start + index] !== key[keyStart + index]) return false;
    return true;
  }

  #grow(): void {
    this.#entries = grown(this.#entries, this.#entries.length * 2, Int32Array);
    this.#slots = new Int32Array((this.#entries.length / STRIDE) * SLOTS_PER_ENTRY);
    const mask = this.#slots.length - 1;
    for (let entry = 0; entry < this.count; entry++) {
      let slot = this.#entries[entry * STRIDE] & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry + 1;
    }
  }
}

function grown<Numbers extends Uint8Array | Int32Array>(
  numbers: Numbers,
  length: number,
  Larger: new (length: number) => Numbers,
): Numbers {
  const larger = new Larger(length);
  larger.set(numbers);
  return larger;
}

/** Of an entity that of its id, which every message to it carries; of a row that of the whole key. */
function hashOfKey(bytes: Buffer, keyStart: number, keyEnd: number): number {
  if (!isEntityKey(bytes, keyStart)) return hashAsciiId(bytes, keyStart, keyEnd);
  const formAt = keyStart + KEY_HEAD_BYTES + ((bytes[keyStart + 3] << 8) | bytes[keyStart + 4]);
  if (bytes[formAt] === ID_ASCII) return hashAsciiId(bytes, formAt + 1, keyEnd);
  return hashId(readKey(bytes, keyStart, keyEnd).id);
}
