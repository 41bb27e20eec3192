/**
 * Long lists of what an epoch has written, in chunks of equal length that are used again: no list is ever copied to grow,
 * however long it becomes (I10), and its chunks have long been in the old generation, where the garbage collector does not
 * go through them each time it collects young objects. A list has one owner at a time; a shard's lists of one kind share
 * their chunks.
 */
import { assert } from '../../base/assert.ts';

const LENGTH_BITS = 12;
const CHUNK_LENGTH: number = 1 << LENGTH_BITS;
const INDEX_MASK = CHUNK_LENGTH - 1;
/** A burst may need more; they are let go afterwards. */
const CHUNKS_KEPT_MAX = 512;
/** A last chunk with no more than this is not worth a whole one: there may be very many short lists. */
const TRIMMED_LENGTH_MAX = CHUNK_LENGTH / 4;

interface Chunk<Value> {
  [index: number]: Value;
  readonly length: number;
  slice(start: number, end: number): Chunk<Value>;
}

/** Chunks that nobody uses at the moment. */
export class ChunkPool<Value> {
  readonly #make: (length: number) => Chunk<Value>;
  readonly #clear: (chunk: Chunk<Value>) => void;
  readonly #free: Chunk<Value>[] = [];

  /** `clear` makes a chunk forget what it refers to. */
  constructor(make: (length: number) => Chunk<Value>, clear: (chunk: Chunk<Value>) => void) {
    this.#make = make;
    this.#clear = clear;
  }

  take(): Chunk<Value> {
    return this.#free.pop() ?? this.#make(CHUNK_LENGTH);
  }

  give(chunk: Chunk<Value>): void {
    if (this.#free.length === CHUNKS_KEPT_MAX || chunk.length !== CHUNK_LENGTH) return;
    this.#clear(chunk);
    this.#free.push(chunk);
  }
}

export class ChunkList<Value> {
  length = 0;
  readonly #pool: ChunkPool<Value>;
  /** Without those that were dropped. */
  readonly #chunks: Chunk<Value>[] = [];
  #last: Chunk<Value> = [];
  /** Of elements. */
  #droppedCount = 0;

  constructor(pool: ChunkPool<Value>) {
    this.#pool = pool;
  }

  push(value: Value): void {
    const index = this.length++ & INDEX_MASK;
    if (index === 0) this.#grow();
    this.#last[index] = value;
  }

  #grow(): void {
    this.#last = this.#pool.take();
    this.#chunks.push(this.#last);
  }

  /** Nothing is added any more. */
  trim(): void {
    const count = this.length - this.#droppedCount - (this.#chunks.length - 1) * CHUNK_LENGTH;
    if (this.#chunks.length === 0 || count > TRIMMED_LENGTH_MAX) return;
    const last = this.#chunks.pop() as Chunk<Value>;
    this.#chunks.push(last.slice(0, count));
    this.#pool.give(last);
  }

  /** An element that was not dropped. */
  at(index: number): Value {
    return this.#chunks[(index - this.#droppedCount) >> LENGTH_BITS][index & INDEX_MASK];
  }

  /** Whoever has the list is done with all elements before this one. */
  dropBefore(index: number): void {
    while (this.#droppedCount + CHUNK_LENGTH <= index) this.#drop();
  }

  /** The same of all elements: nobody uses the list any more. */
  drop(): void {
    this.dropBefore(this.length);
    if (this.#chunks.length > 0) this.#drop();
    this.length = this.#droppedCount = 0;
  }

  #drop(): void {
    const chunk = this.#chunks.shift();
    assert(chunk !== undefined, 'what is dropped has been pushed');
    this.#droppedCount += CHUNK_LENGTH;
    this.#pool.give(chunk);
  }

  /** All elements, where none were dropped. */
  *[Symbol.iterator](): Generator<Value, void> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}

/** For numbers of 32 bits. */
export function numberChunks(): ChunkPool<number> {
  return new ChunkPool<number>(
    (length) => new Int32Array(length),
    () => {},
  );
}

/** For references. */
export function referenceChunks<Value>(): ChunkPool<Value> {
  return new ChunkPool<Value>(
    (length) => new Array<unknown>(length).fill(undefined) as Value[],
    (chunk) => (chunk as (Value | undefined)[]).fill(undefined),
  );
}
