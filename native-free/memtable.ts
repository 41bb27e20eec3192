/**
 * The newest entries, sorted, in memory: a skip list (Pugh, 1990) over entries that lie in chunks of bytes. It only grows;
 * when it is full it is frozen and written out as a table.
 *
 * A key that is written again gets another node in front of the old one, and the number of a node says when it came. So
 * a reader that holds a limit sees the memtable as it was then, whatever is added later, and entries that are not
 * durable yet are there already but behind the limit that readers are given (I5).
 *
 * ```
 *   nodes:   │ chunk │ start │ keyStart │ keyEnd │ next on level 0 │ next on level 1 │ …      node 0 is the head
 * ```
 */
import { Prng } from '../src/base/prng.ts';
import { compareRanges } from './byte-order.ts';
import { EntryReader } from './entry.ts';
import type { EntryCursor } from './entry-cursor.ts';

const CHUNK = 0;
const START = 1;
const KEY_START = 2;
const KEY_END = 3;
const NEXT = 4;
const HEIGHT_MAX = 12;
/** One node in four reaches the next level. */
const NEXT_LEVEL = 0.25;

const CHUNK_BYTES_MAX = 1 << 16;
/** Of a full memtable, so that a chunk that is hardly begun does not count for much. */
const CHUNKS_MIN = 8;
/** Batches of at least this part of a chunk are kept where they are, smaller ones are copied together. */
const ADOPTED_CHUNK_PART = 1 / 4;

export class Memtable {
  /** Nodes below this one may be read. */
  limit: number;
  readonly #prng = new Prng(1);
  readonly #chunks: Uint8Array[] = [];
  readonly #chunkBytes: number;
  readonly #before = new Int32Array(HEIGHT_MAX);
  #nodes: Int32Array = new Int32Array(1 << 10);
  #used = NEXT + HEIGHT_MAX;
  #height = 1;
  /** All chunks together. */
  #memoryBytes = 0;
  /** The chunk being filled, and where. */
  #filling = -1;
  #filled = 0;

  /** `memoryBytesMax` is what its user lets it grow to. */
  constructor(memoryBytesMax: number) {
    this.limit = this.#used;
    this.#chunkBytes = Math.min(CHUNK_BYTES_MAX, memoryBytesMax / CHUNKS_MIN);
  }

  get isEmpty(): boolean {
    return this.#used === NEXT + HEIGHT_MAX;
  }

  get memoryBytes(): number {
    return this.#memoryBytes + this.#used * 4;
  }

  /** Takes in the entries `bytes[from, to)`, which must not change any more. They are added by the steps of the load. */
  load(bytes: Uint8Array, from: number, to: number): MemtableLoad {
    const byteLength = to - from;
    if (byteLength >= this.#chunkBytes * ADOPTED_CHUNK_PART)
      return new MemtableLoad(this, this.#adopt(bytes), bytes, from, to);
    if (this.#filling === -1 || this.#filled + byteLength > this.#chunkBytes) {
      this.#filling = this.#adopt(new Uint8Array(this.#chunkBytes));
      this.#filled = 0;
    }
    const chunk = this.#chunks[this.#filling];
    const start = this.#filled;
    chunk.set(bytes.subarray(from, to), start);
    this.#filled += byteLength;
    return new MemtableLoad(this, this.#filling, chunk, start, this.#filled);
  }

  /** Lets readers see all that was added. */
  publish(): void {
    this.limit = this.#used;
  }

  add(chunk: number, entry: EntryReader): void {
    const before = this.#before;
    this.#seek(entry.bytes, entry.keyStart, entry.keyEnd, before);
    const height = this.#randomHeight();
    for (; this.#height < height; this.#height++) before[this.#height] = 0;
    const node = this.#newNode(height);
    const nodes = this.#nodes;
    nodes[node + CHUNK] = chunk;
    nodes[node + START] = entry.start;
    nodes[node + KEY_START] = entry.keyStart;
    nodes[node + KEY_END] = entry.keyEnd;
    for (let level = NEXT; level < NEXT + height; level++) {
      const previous = before[level - NEXT];
      nodes[node + level] = nodes[previous + level];
      nodes[previous + level] = node;
    }
  }

  /** Moves the entry to the newest one of this key below the limit; false if there is none. */
  find(key: Uint8Array, limit: number, entry: EntryReader): boolean {
    const node = this.visible(this.#seek(key, 0, key.length), limit);
    if (node === 0 || this.#compare(node, key, 0, key.length) !== 0) return false;
    this.moveTo(node, entry);
    return true;
  }

  /** The first node below the limit whose key is not before this one, or 0. */
  seek(key: Uint8Array, limit: number): number {
    return this.visible(this.#seek(key, 0, key.length), limit);
  }

  /** This node, or the next one after it that is below the limit. */
  visible(node: number, limit: number): number {
    let at = node;
    while (at >= limit) at = this.#nodes[at + NEXT];
    return at;
  }

  after(node: number): number {
    return this.#nodes[node + NEXT];
  }

  moveTo(node: number, entry: EntryReader): void {
    entry.moveTo(this.#chunks[this.#nodes[node + CHUNK]], this.#nodes[node + START]);
  }

  hasKeyOf(node: number, entry: EntryReader): boolean {
    return this.#compare(node, entry.bytes, entry.keyStart, entry.keyEnd) === 0;
  }

  /** The first node whose key is not before the given one, or 0; and what comes before it on every level. */
  #seek(key: Uint8Array, from: number, to: number, before?: Int32Array): number {
    const nodes = this.#nodes;
    let node = 0;
    let next = 0;
    let notBefore = 0;
    for (let level = this.#height - 1; level >= 0; level--) {
      next = nodes[node + NEXT + level];
      while (next !== notBefore && this.#compare(next, key, from, to) < 0) {
        node = next;
        next = nodes[node + NEXT + level];
      }
      notBefore = next;
      if (before !== undefined) before[level] = node;
    }
    return next;
  }

  #compare(node: number, key: Uint8Array, from: number, to: number): number {
    const nodes = this.#nodes;
    return compareRanges(
      this.#chunks[nodes[node + CHUNK]],
      nodes[node + KEY_START],
      nodes[node + KEY_END],
      key,
      from,
      to,
    );
  }

  #randomHeight(): number {
    let height = 1;
    while (height < HEIGHT_MAX && this.#prng.chance(NEXT_LEVEL)) height++;
    return height;
  }

  #newNode(height: number): number {
    const node = this.#used;
    this.#used += NEXT + height;
    if (this.#used > this.#nodes.length) {
      const grown = new Int32Array(this.#nodes.length * 2);
      grown.set(this.#nodes);
      this.#nodes = grown;
    }
    return node;
  }

  #adopt(bytes: Uint8Array): number {
    this.#memoryBytes += bytes.buffer.byteLength;
    return this.#chunks.push(bytes) - 1;
  }
}

/** The adding of one batch, as many steps as its driver wants. */
export class MemtableLoad {
  readonly #memtable: Memtable;
  readonly #chunk: number;
  readonly #bytes: Uint8Array;
  readonly #to: number;
  readonly #entry = new EntryReader();
  #at: number;

  constructor(memtable: Memtable, chunk: number, bytes: Uint8Array, from: number, to: number) {
    this.#memtable = memtable;
    this.#chunk = chunk;
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
  }

  /** Adds at most `countMax` entries and returns how many; fewer when all are there. */
  step(countMax: number): number {
    let count = 0;
    for (; count < countMax && this.#at < this.#to; count++) {
      this.#entry.moveTo(this.#bytes, this.#at);
      this.#memtable.add(this.#chunk, this.#entry);
      this.#at = this.#entry.end;
    }
    return count;
  }
}

/** Walks the memtable as it is below the limit, the newest entry of each key. */
export class MemtableCursor implements EntryCursor {
  readonly entry: EntryReader = new EntryReader();
  readonly #memtable: Memtable;
  readonly #limit: number;
  #node: number;

  constructor(memtable: Memtable, limit: number, from: Uint8Array) {
    this.#memtable = memtable;
    this.#limit = limit;
    this.#node = memtable.seek(from, limit);
    if (this.#node !== 0) memtable.moveTo(this.#node, this.entry);
  }

  get isDone(): boolean {
    return this.#node === 0;
  }

  next(): void {
    const memtable = this.#memtable;
    do {
      this.#node = memtable.visible(memtable.after(this.#node), this.#limit);
    } while (this.#node !== 0 && memtable.hasKeyOf(this.#node, this.entry));
    if (this.#node !== 0) memtable.moveTo(this.#node, this.entry);
  }
}
