/**
 * A FIFO of envelopes that do not fit where they should go (I7): what a full ring leaves with its sender, what a crowded
 * mailbox leaves behind it, the egress records that a slow sink leaves waiting. In memory up to a limit, then on disk.
 * One thread owns it.
 *
 * ```
 *   take ◄─ [chunk][chunk] … [on disk][on disk] … [chunk being filled] ◄─ append
 *
 *   in a chunk:   │ length │ envelope, padded to 4 bytes │ length │ …
 * ```
 *
 * Appending never touches the disk: `spill` does, once a turn.
 */
import { assert } from '../base/assert.ts';
import type { SpillStorage } from '../base/spill.ts';
import { SpareWords } from './spare-words.ts';

/** A chunk is a quarter of what memory may hold, so that a small limit is kept, too. */
const CHUNK_BYTES_MIN = 512;
const CHUNK_BYTES_MAX = 1 << 16;
/** Where there are many overflows, most of them short, their chunks grow up to this. */
const GROWN_CHUNK_BYTES_MAX = 1 << 14;

interface Chunk {
  words: Int32Array;
  bytes: Uint8Array;
  /** Bytes written. */
  length: number;
  /** Bytes taken. */
  taken: number;
  /** Where it lies on disk, or -1; then it has no words and bytes. */
  block: number;
  /** Whether a part shows it, for as long as that likes. */
  isShown: boolean;
}

/** What places one envelope of `byteLength` bytes; `wire/`'s writer is one. */
export interface Placeable {
  readonly byteLength: number;
  placeInto(words: Int32Array, at: number): void;
}

/** Reads one envelope in place. */
export type OverflowVisitor = (words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number) => void;

/** Of the thread. */
const spares = new SpareWords();
const NO_WORDS = new Int32Array(0);
const NO_BYTES = new Uint8Array(0);

function newChunk(bytes: number): Chunk {
  const words = spares.take(bytes) ?? new Int32Array((bytes + 3) >> 2);
  return { words, bytes: new Uint8Array(words.buffer), length: 0, taken: 0, block: -1, isShown: false };
}

/** A chunk that came from disk; envelopes are read by words, so it must lie at a multiple of 4. */
function copyOf(bytes: Uint8Array, bytesMin: number): Chunk {
  const copy = newChunk(Math.max(bytes.length, bytesMin));
  copy.bytes.set(bytes);
  return copy;
}

/**
 * Some envelopes as they were in an overflow. Envelopes never change where they lie: what comes later lies behind them,
 * and what is taken from a disk lies in the chunk again.
 */
export class OverflowPart {
  readonly byteLength: number;
  readonly #storage: SpillStorage;
  readonly #chunk: Chunk;
  readonly #start: number;
  readonly #end: number;

  constructor(storage: SpillStorage, chunk: Chunk) {
    this.#storage = storage;
    this.#chunk = chunk;
    chunk.isShown = true;
    this.#start = chunk.taken;
    this.#end = chunk.length;
    this.byteLength = this.#end - this.#start;
  }

  /** Shows them, oldest first. */
  visit(visit: OverflowVisitor): void {
    const chunk = this.#chunk;
    const { words, bytes } = chunk.block === -1 ? chunk : copyOf(this.#storage.read(chunk.block, chunk.length), 0);
    for (let at = this.#start; at < this.#end; at += 4 + ((words[at >> 2] + 3) & ~3)) {
      visit(words, bytes, at + 4, words[at >> 2]);
    }
  }
}

export class Overflow {
  /** Envelopes inside. */
  count = 0;
  /** Bytes of chunks that are in memory. */
  memoryBytes = 0;

  readonly #storage: SpillStorage;
  readonly #memoryBytesMax: number;
  readonly #isGrowing: boolean;
  #chunkBytes: number;
  readonly #chunks: Chunk[] = [];

  /** `isGrowing` is for one of many: it begins with small chunks. */
  constructor(storage: SpillStorage, memoryBytesMax: number, isGrowing = false) {
    this.#storage = storage;
    this.#memoryBytesMax = memoryBytesMax;
    this.#isGrowing = isGrowing;
    this.#chunkBytes = isGrowing
      ? CHUNK_BYTES_MIN
      : Math.min(Math.max(CHUNK_BYTES_MIN, memoryBytesMax / 4), CHUNK_BYTES_MAX) & ~3;
  }

  get isSpilled(): boolean {
    return this.#chunks.some(({ block }) => block !== -1);
  }

  append(envelope: Placeable): void {
    const room = 4 + ((envelope.byteLength + 3) & ~3);
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.block !== -1 || chunk.length + room > chunk.bytes.length) {
      chunk = newChunk(Math.max(this.#chunkBytes, room));
      this.#chunks.push(chunk);
      this.memoryBytes += chunk.bytes.length;
      if (this.#isGrowing) this.#chunkBytes = Math.min(GROWN_CHUNK_BYTES_MAX, this.#chunkBytes * 2);
    }
    chunk.words[chunk.length >> 2] = envelope.byteLength;
    envelope.placeInto(chunk.words, (chunk.length >> 2) + 1);
    chunk.length += room;
    this.count++;
  }

  /** Shows the oldest envelope without taking it; false when there is none. */
  peek(visit: OverflowVisitor): boolean {
    if (this.count === 0) return false;
    const chunk = this.#front();
    visit(chunk.words, chunk.bytes, chunk.taken + 4, chunk.words[chunk.taken >> 2]);
    return true;
  }

  /** What is in it now, oldest first, to be looked at later: whatever is taken or spilled until then, parts keep it. */
  parts(): OverflowPart[] {
    return this.#chunks.map((chunk) => new OverflowPart(this.#storage, chunk));
  }

  /** Removes the oldest envelope. */
  drop(): void {
    const chunk = this.#front();
    chunk.taken += 4 + ((chunk.words[chunk.taken >> 2] + 3) & ~3);
    this.count--;
    if (chunk.taken === chunk.length && (this.#chunks.length > 1 || this.count === 0)) this.#dropChunk(chunk);
  }

  /** Moves the oldest envelope to the end, by way of a writer's scratch. */
  rotate(writer: Placeable & { take(words: Int32Array, startWord: number, byteLength: number): void }): void {
    this.peek((words, _bytes, offsetBytes, byteLength) => {
      writer.take(words, offsetBytes >> 2, byteLength);
      this.append(writer);
    });
    this.drop();
  }

  /** Moves full chunks to disk until memory is within its limit; the one being read and the one being filled stay. */
  spill(): void {
    if (this.memoryBytes <= this.#memoryBytesMax) return;
    for (let index = 1; index < this.#chunks.length - 1 && this.memoryBytes > this.#memoryBytesMax; index++) {
      const chunk = this.#chunks[index];
      if (chunk.block !== -1) continue;
      chunk.block = this.#storage.write(chunk.bytes.subarray(0, chunk.length));
      this.memoryBytes -= chunk.bytes.length;
      if (!chunk.isShown) spares.give(chunk.words);
      chunk.words = NO_WORDS;
      chunk.bytes = NO_BYTES;
    }
  }

  #front(): Chunk {
    const chunk = this.#chunks[0];
    assert(chunk !== undefined, 'an overflow that counts envelopes has a chunk');
    if (chunk.block !== -1) {
      const copy = copyOf(this.#storage.take(chunk.block, chunk.length), this.#chunkBytes);
      chunk.words = copy.words;
      chunk.bytes = copy.bytes;
      chunk.block = -1;
      this.memoryBytes += chunk.bytes.length;
    }
    return chunk;
  }

  #dropChunk(chunk: Chunk): void {
    this.#chunks.shift();
    this.memoryBytes -= chunk.bytes.length;
    if (!chunk.isShown) spares.give(chunk.words);
  }
}
