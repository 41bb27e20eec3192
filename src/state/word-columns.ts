/**
 * Memory for many small things that come and go, each some words of 32 bits: gives out places, takes them back, reads and
 * writes words. It grows by a chunk at a time, so growing never copies anything (I10), and the garbage collector sees a few
 * pieces of memory instead of a million objects. It need not even count those: memory that could be shared is none of its
 * own, and so does not make it look through the whole heap each time that some megabytes have come. What the words mean
 * is the business of whoever has it; only the first word of a free place is used here.
 */
const CHUNK_BITS = 12;
const CHUNK_PLACES = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK_PLACES - 1;
const NONE = -1;

export class WordColumns {
  readonly #wordCount: number;
  #chunks: Int32Array[] = [];
  #liveCount = 0;
  /** Places that were ever used since there was none. */
  #usedCount = 0;
  /** The first word of a free place is the next free one. */
  #firstFree = NONE;

  /** `wordCount` words a place. */
  constructor(wordCount: number) {
    this.#wordCount = wordCount;
  }

  /** A place; its words are what they were. */
  take(): number {
    this.#liveCount++;
    const free = this.#firstFree;
    if (free !== NONE) {
      this.#firstFree = this.read(free, 0);
      return free;
    }
    if (this.#usedCount === this.#chunks.length << CHUNK_BITS) {
      const words = CHUNK_PLACES * this.#wordCount;
      this.#chunks.push(new Int32Array(new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT)));
    }
    return this.#usedCount++;
  }

  free(place: number): void {
    this.write(place, 0, this.#firstFree);
    this.#firstFree = place;
    if (--this.#liveCount > 0) return;
    this.#chunks = this.#chunks.slice(0, 1);
    this.#usedCount = 0;
    this.#firstFree = NONE;
  }

  read(place: number, word: number): number {
    return this.#chunks[place >>> CHUNK_BITS][(place & IN_CHUNK) * this.#wordCount + word];
  }

  write(place: number, word: number, value: number): void {
    this.#chunks[place >>> CHUNK_BITS][(place & IN_CHUNK) * this.#wordCount + word] = value;
  }

  /** Memory that is kept, used or not. */
  get byteLength(): number {
    return this.#chunks.length * CHUNK_PLACES * this.#wordCount * Int32Array.BYTES_PER_ELEMENT;
  }
}
