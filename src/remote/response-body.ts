/**
 * The body of one response as it comes in: in pieces of any size, from anybody. It keeps no more than it may, and its
 * memory is that of its bytes, however small the pieces are.
 */

/** Pieces smaller than this on average, and more of them than so many, are an attempt to keep the thread busy. */
const PIECE_BYTES_MIN = 64;
const PIECE_COUNT_FREE = 4096;
/** A buffer grows to at least this. */
const GROWTH_BYTES_MIN = 4096;

const NO_BYTES = new Uint8Array(0);

export class ResponseBody {
  readonly #bytesMax: number;
  #first: Uint8Array | undefined;
  #joined: Uint8Array | undefined;
  #byteLength = 0;
  #pieceCount = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** What is wrong with the body, if anything is by now. */
  add(piece: Uint8Array): Error | undefined {
    const end = this.#byteLength + piece.byteLength;
    if (end > this.#bytesMax) return new TooLongError(this.#bytesMax);
    if (++this.#pieceCount > PIECE_COUNT_FREE && end < this.#pieceCount * PIECE_BYTES_MIN) {
      return new Error(`The response came in ${this.#pieceCount} pieces for ${end} bytes`);
    }
    if (this.#byteLength === 0) this.#first = piece;
    else this.#join(piece, end);
    this.#byteLength = end;
    return undefined;
  }

  #join(piece: Uint8Array, end: number): void {
    let joined = this.#joined;
    if (joined === undefined || joined.byteLength < end) {
      joined = new Uint8Array(Math.min(this.#bytesMax, Math.max(GROWTH_BYTES_MIN, end * 2)));
      joined.set(this.#joined?.subarray(0, this.#byteLength) ?? this.#first ?? NO_BYTES);
      this.#joined = joined;
    }
    joined.set(piece, this.#byteLength);
  }

  /** Shares no memory with the pieces any more. */
  own(): void {
    if (this.#joined !== undefined || this.#first === undefined) return;
    this.#first = new Uint8Array(this.#first);
  }

  /** All that came. May share memory with the pieces. */
  bytes(): Uint8Array {
    return this.#joined?.subarray(0, this.#byteLength) ?? this.#first ?? NO_BYTES;
  }
}

/** Of a whole response, or of what it would be inflated. */
export class TooLongError extends Error {
  constructor(bytesMax: number) {
    super(`The response is longer than ${bytesMax} bytes`);
  }
}
