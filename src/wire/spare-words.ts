/**
 * Arrays that overflows have done with, for the next ones. Under load a thread fills and empties many megabytes of them a
 * second; made anew each time, they are what the garbage collector thinks has to be collected, and it looks through a heap
 * in which there is nothing, several times a second.
 */

/** What is kept in all: as much as waits for a commit at a high rate. */
const BYTES_MAX = 32 << 20;

export class SpareWords {
  /** By length in bytes: overflows use a few lengths, each twice the one before. */
  readonly #byLength = new Map<number, Int32Array[]>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** One of exactly so many bytes, with whatever is in it; undefined if there is none. */
  take(byteLength: number): Int32Array | undefined {
    const words = this.#byLength.get(byteLength)?.pop();
    if (words !== undefined) this.#bytes -= byteLength;
    return words;
  }

  /** Nobody has it any more. Only lengths that are a power of two come again. */
  give(words: Int32Array): void {
    const { byteLength } = words;
    if (byteLength === 0 || (byteLength & (byteLength - 1)) !== 0 || this.#bytes + byteLength > this.#bytesMax) return;
    const list = this.#byLength.get(byteLength);
    if (list === undefined) this.#byLength.set(byteLength, [words]);
    else list.push(words);
    this.#bytes += byteLength;
  }
}
