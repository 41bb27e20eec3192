/**
 * Indexes of frames of records: made while a shard encodes its part of a checkpoint, and read when it starts. There is
 * one for a frame of a large delta that holds nothing but records of entities. Other frames are read whole, since rows
 * must be found in the order of their keys, and small deltas are read as fast without.
 */
import { crc32 } from 'node:zlib';
import { BLOCK_BYTES, INDEX_COUNT, INDEX_RECORDS } from './record-index-layout.ts';

const COUNT_MIN = 256;

/** Notes the records of one frame after the other. */
export class RecordIndexDraft {
  /** Whether something else than an entity is in the frame: then it gets no index. */
  hasRows = false;
  #count = 0;
  #hashes = new Int32Array(COUNT_MIN);
  #starts = new Int32Array(COUNT_MIN);
  /** Of the last index that was encoded, or of a longer one. */
  #words = new Int32Array(COUNT_MIN);

  /** An entity's record begins there. */
  add(hash: number, start: number): void {
    if (this.#count === this.#hashes.length) this.#grow();
    this.#hashes[this.#count] = hash;
    this.#starts[this.#count++] = start;
  }

  #grow(): void {
    const [hashes, starts] = [this.#hashes, this.#starts];
    this.#hashes = new Int32Array(hashes.length * 2);
    this.#starts = new Int32Array(hashes.length * 2);
    this.#hashes.set(hashes);
    this.#starts.set(starts);
  }

  clear(): void {
    this.#count = 0;
    this.hasRows = false;
  }

  /** The index of the records in `frame`, valid until the next call. */
  encode(frame: Uint8Array): Uint8Array {
    const count = this.#count;
    const blockCount = Math.ceil(frame.length / BLOCK_BYTES);
    const length = INDEX_RECORDS + 2 * count + blockCount;
    if (this.#words.length < length) this.#words = new Int32Array(length * 2);
    const words = this.#words;
    words[INDEX_COUNT] = count;
    words.set(this.#hashes.subarray(0, count), INDEX_RECORDS);
    words.set(this.#starts.subarray(0, count), INDEX_RECORDS + count);
    for (let block = 0; block < blockCount; block++) {
      const bytes = frame.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
      words[INDEX_RECORDS + 2 * count + block] = crc32(bytes);
    }
    return new Uint8Array(words.buffer, 0, length * Int32Array.BYTES_PER_ELEMENT);
  }
}

/** An index as it was written. */
export interface RecordIndex {
  readonly count: number;
  readonly hashes: Int32Array;
  readonly starts: Int32Array;
  /** Of the blocks. */
  readonly checksums: Int32Array;
}

/** `hashes` and `starts` share their memory with `bytes`. */
export function decodeRecordIndex(bytes: Uint8Array): RecordIndex {
  const isAligned = bytes.byteOffset % Int32Array.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset, length } = isAligned ? bytes : Uint8Array.from(bytes);
  const words = new Int32Array(buffer, byteOffset, length / Int32Array.BYTES_PER_ELEMENT);
  const count = words[INDEX_COUNT];
  const startsAt = INDEX_RECORDS + count;
  return {
    count,
    hashes: words.subarray(INDEX_RECORDS, startsAt),
    starts: words.subarray(startsAt, startsAt + count),
    checksums: words.slice(startsAt + count),
  };
}
