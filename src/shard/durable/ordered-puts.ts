/**
 * What a round of folding is about to put into the store, copied and lined up by key group. Whoever puts keys from all over
 * makes a store like LevelDB merge all of its newest tables with all of the level below, again and again; tables that were
 * filled key group by key group hardly overlap. The fold's round owns it, and it never holds more than a round is told to
 * collect before it puts.
 *
 * ```
 *   heads, tails:  record │ …    by key group: the first and the last one in its line
 *   nexts:         record │ …    the next one in the same line
 *   places:        where it lies │ key length │ value length, or REMOVED     by record
 *   chunks:        key value key value …
 * ```
 *
 * Within a line the order is that in which they came: of two puts to one key the later one counts.
 *
 * The next round uses the same chunks again: megabytes that come and go make V8 mark the whole heap each time, on threads
 * that take the cores from the shards. They are as much as a round may hold, which there must be room for anyway.
 */
import { assert } from '../../base/assert.ts';
import { KEY_GROUP_COUNT } from '../../keys/key-group.ts';
import { keyGroupOfKey } from '../../store/key-layout.ts';

/** A change, until the next one is shown. */
export interface OrderedPut {
  readonly key: Uint8Array;
  /** Undefined: the key is removed. */
  readonly value: Uint8Array | undefined;
}

const CHUNK_BITS = 20;
const CHUNK_BYTES = 1 << CHUNK_BITS;
/** Most rounds collect little, and new memory is cleared first. */
const FIRST_CHUNK_BYTES = CHUNK_BYTES >> 4;
const CHUNK_MASK = CHUNK_BYTES - 1;
const CHUNK_COUNT_MAX = 1 << (32 - CHUNK_BITS);
const COUNT_MIN = 1024;
const PLACE_WORDS = 3;
const NONE = -1;
const REMOVED = -1;

export class OrderedPuts {
  /** Of keys and values. */
  byteLength = 0;
  #count = 0;
  readonly #heads = new Int32Array(KEY_GROUP_COUNT).fill(NONE);
  readonly #tails = new Int32Array(KEY_GROUP_COUNT);
  #nexts = new Int32Array(COUNT_MIN);
  #places = new Int32Array(COUNT_MIN * PLACE_WORDS);
  #chunks: Uint8Array[] = [];
  /** Those of the full length that were used before. */
  readonly #free: Uint8Array[] = [];
  /** In the last chunk. */
  #usedBytes = CHUNK_BYTES;

  put(key: Uint8Array, value: Uint8Array): void {
    this.#add(key, value.length, value);
  }

  delete(key: Uint8Array): void {
    this.#add(key, REMOVED, undefined);
  }

  #add(key: Uint8Array, valueLength: number, value: Uint8Array | undefined): void {
    if (this.#count === this.#nexts.length) this.#grow();
    const index = this.#count++;
    const byteLength = key.length + Math.max(0, valueLength);
    const chunk = this.#chunkFor(byteLength);
    const at = this.#usedBytes;
    chunk.set(key, at);
    if (value !== undefined) chunk.set(value, at + key.length);
    this.#usedBytes += byteLength;
    this.byteLength += byteLength;
    this.#places[index * PLACE_WORDS] = ((this.#chunks.length - 1) << CHUNK_BITS) | at;
    this.#places[index * PLACE_WORDS + 1] = key.length;
    this.#places[index * PLACE_WORDS + 2] = valueLength;
    this.#lineUp(index, keyGroupOfKey(key));
  }

  #lineUp(index: number, keyGroup: number): void {
    assert(keyGroup < KEY_GROUP_COUNT, 'what is folded belongs to an address');
    this.#nexts[index] = NONE;
    if (this.#heads[keyGroup] === NONE) this.#heads[keyGroup] = index;
    else this.#nexts[this.#tails[keyGroup]] = index;
    this.#tails[keyGroup] = index;
  }

  /** A chunk with so much room behind `#usedBytes`; what is longer than a chunk has one of its own. */
  #chunkFor(byteLength: number): Uint8Array {
    const last = this.#chunks.at(-1);
    // Of a longer one, the rest stays unused: places count in chunks of one length.
    if (last !== undefined && this.#usedBytes <= CHUNK_MASK && this.#usedBytes + byteLength <= last.length) return last;
    assert(this.#chunks.length < CHUNK_COUNT_MAX, 'a round puts down what it has collected in time');
    const chunk =
      (byteLength <= CHUNK_BYTES ? this.#free.pop() : undefined) ??
      new Uint8Array(Math.max(last === undefined ? FIRST_CHUNK_BYTES : CHUNK_BYTES, byteLength));
    this.#chunks.push(chunk);
    this.#usedBytes = 0;
    return chunk;
  }

  #grow(): void {
    const [nexts, places] = [this.#nexts, this.#places];
    this.#nexts = new Int32Array(nexts.length * 2);
    this.#places = new Int32Array(places.length * 2);
    this.#nexts.set(nexts);
    this.#places.set(places);
  }

  /** Shows all that was added, in order. Nothing may be added meanwhile. */
  *inOrder(): Generator<OrderedPut, void> {
    for (const head of this.#heads) {
      for (let index = head; index !== NONE; index = this.#nexts[index]) yield this.#at(index);
    }
  }

  #at(index: number): OrderedPut {
    const place = this.#places[index * PLACE_WORDS];
    const chunk = this.#chunks[place >>> CHUNK_BITS];
    const keyEnd = (place & CHUNK_MASK) + this.#places[index * PLACE_WORDS + 1];
    const valueLength = this.#places[index * PLACE_WORDS + 2];
    return {
      key: chunk.subarray(place & CHUNK_MASK, keyEnd),
      value: valueLength === REMOVED ? undefined : chunk.subarray(keyEnd, keyEnd + valueLength),
    };
  }

  /** Forgets all of it, and keeps the memory. */
  clear(): void {
    for (const chunk of this.#chunks) if (chunk.length === CHUNK_BYTES) this.#free.push(chunk);
    this.byteLength = 0;
    this.#count = 0;
    this.#heads.fill(NONE);
    this.#chunks = [];
    this.#usedBytes = CHUNK_BYTES;
  }
}
