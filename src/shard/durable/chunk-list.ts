/**
 * Long lists of what an epoch has written, in chunks of equal length that are used again: no list is ever copied to grow,
 * however long it becomes (I10), and its chunks have long been in the old generation, where the garbage collector does not
 * go through them each time it collects young objects. A list has one owner at a time; a shard's lists of one kind share
 * their chunks.
 *
 * Millions of numbers may wait for a round of folding. They lie outside the heap, where nobody has to go through them at
 * all, and in memory that could be shared, which V8 does not count (`WordColumns`). In a list of references that may be
 * numbers, too, a chunk is of one kind or the other: one of numbers becomes one of references with the first of these.
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
  /** For what is a number, if others are none. */
  readonly #numbers: ChunkPool<number> | undefined;

  /** `clear` makes a chunk forget what it refers to. */
  constructor(
    make: (length: number) => Chunk<Value>,
    clear: (chunk: Chunk<Value>) => void,
    numbers?: ChunkPool<number>,
  ) {
    this.#make = make;
    this.#clear = clear;
    this.#numbers = numbers;
  }

  /** A chunk that any value may go into. */
  take(): Chunk<Value> {
    return this.#free.pop() ?? this.#make(CHUNK_LENGTH);
  }

  /** One that begins with this value; if that is a number, it may be that nothing else may go into it. */
  takeFor(value: Value): Chunk<Value> {
    if (this.#numbers === undefined || typeof value !== 'number') return this.take();
    return this.#numbers.take() as Chunk<unknown> as Chunk<Value>;
  }

  /** Whether only numbers may go into it, though others may come. */
  isOfNumbers(chunk: Chunk<Value>): boolean {
    return this.#numbers !== undefined && !Array.isArray(chunk);
  }

  give(chunk: Chunk<Value>): void {
    if (this.isOfNumbers(chunk)) this.#numbers?.give(chunk as Chunk<unknown> as Chunk<number>);
    else this.#keep(chunk);
  }

  #keep(chunk: Chunk<Value>): void {
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
  /** Whether the last chunk is of numbers, and others may come. */
  #isOfNumbers = false;
  /** Of elements. */
  #droppedCount = 0;

  constructor(pool: ChunkPool<Value>) {
    this.#pool = pool;
  }

  push(value: Value): void {
    const index = this.length++ & INDEX_MASK;
    if (index === 0) this.#grow(value);
    else if (this.#isOfNumbers && typeof value !== 'number') this.#widen(index);
    this.#last[index] = value;
  }

  #grow(value: Value): void {
    this.#last = this.#pool.takeFor(value);
    this.#isOfNumbers = this.#pool.isOfNumbers(this.#last);
    this.#chunks.push(this.#last);
  }

  /** The last chunk gets one that is no number, behind so many that are. */
  #widen(count: number): void {
    const numbers = this.#last;
    this.#last = this.#pool.take();
    this.#isOfNumbers = false;
    for (let index = 0; index < count; index++) this.#last[index] = numbers[index];
    this.#chunks[this.#chunks.length - 1] = this.#last;
    this.#pool.give(numbers);
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
    (length) => new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT)),
    () => {},
  );
}

/** For references, and numbers of 32 bits among them. */
export function referenceChunks<Value>(): ChunkPool<Value> {
  return new ChunkPool<Value>(
    (length) => new Array<unknown>(length).fill(undefined) as Value[],
    (chunk) => (chunk as (Value | undefined)[]).fill(undefined),
    numberChunks(),
  );
}
