/**
 * A body in chunks, as RFC 9112 has it, from anybody. What comes is handed on where it lies; of the lines between the
 * chunks nothing is kept but a number, and they are bounded.
 *
 * ```
 *   size in hex [; extension] CR LF │ so many bytes │ CR LF │ … │ 0 CR LF │ [trailer CR LF …] CR LF
 * ```
 */

import { checkFields } from './response-head.ts';

const IN_SIZE = 0;
const IN_EXTENSION = 1;
const IN_SIZE_END = 2;
const IN_DATA = 3;
const BEFORE_CR = 4;
const BEFORE_LF = 5;
const IN_TRAILERS = 6;
const AT_END = 7;

const CR = 13;
const LF = 10;
const SEMICOLON = 59;
/** Sizes with more digits are beyond what is counted in numbers. */
const DIGIT_COUNT_MAX = 12;
/** Of one extension. */
const EXTENSION_BYTES_MAX = 256;
/** Of all trailers, which nobody reads. */
const TRAILER_BYTES_MAX = 8_192;

const NO_DIGIT = -1;
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const EXTENSIONS = new RegExp(`^(?:;${TOKEN}(?:=(?:${TOKEN}|"[^"\\\\]*"))?)*$`);

export class ChunkReader {
  #state = IN_SIZE;
  #digitCount = 0;
  #left = 0;
  /** What is being read of extensions or trailers. */
  #text = '';

  get isDone(): boolean {
    return this.#state === AT_END;
  }

  /**
   * Reads on from `start`; `take` gets the pieces of the body, and says whether more is wanted. Returns where it stopped:
   * before `end` only when the body has ended or nothing more is wanted. Throws what is wrong.
   */
  read(bytes: Uint8Array, start: number, end: number, take: (piece: Uint8Array) => boolean): number {
    let position = start;
    while (position < end && this.#state !== AT_END) {
      if (this.#state !== IN_DATA) {
        this.#step(bytes[position++]);
        continue;
      }
      const until = Math.min(end, position + this.#left);
      this.#left -= until - position;
      if (this.#left === 0) this.#state = BEFORE_CR;
      const goesOn = take(bytes.subarray(position, until));
      position = until;
      if (!goesOn) break;
    }
    return position;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case IN_SIZE:
        return this.#size(byte);
      case IN_EXTENSION:
        if (byte !== CR) return this.#add(byte, EXTENSION_BYTES_MAX);
        if (!EXTENSIONS.test(this.#text)) refuse();
        this.#state = IN_SIZE_END;
        return;
      case IN_SIZE_END:
        if (byte !== LF) refuse();
        this.#state = this.#left === 0 ? IN_TRAILERS : IN_DATA;
        this.#text = '';
        return;
      case BEFORE_CR:
        if (byte !== CR) refuse();
        this.#state = BEFORE_LF;
        return;
      case BEFORE_LF:
        if (byte !== LF) refuse();
        this.#state = IN_SIZE;
        this.#digitCount = 0;
        return;
      default:
        return this.#trailers(byte);
    }
  }

  #size(byte: number): void {
    const digit = hexDigit(byte);
    if (digit !== NO_DIGIT) {
      if (++this.#digitCount > DIGIT_COUNT_MAX) refuse();
      this.#left = this.#left * 16 + digit;
    } else if (this.#digitCount === 0 || (byte !== CR && byte !== SEMICOLON)) {
      refuse();
    } else {
      this.#state = byte === CR ? IN_SIZE_END : IN_EXTENSION;
      if (byte === SEMICOLON) this.#text = ';';
    }
  }

  #trailers(byte: number): void {
    if (byte === LF && !this.#text.endsWith('\r')) refuse();
    this.#add(byte, TRAILER_BYTES_MAX);
    if (byte !== LF || !(this.#text === '\r\n' || this.#text.endsWith('\r\n\r\n'))) return;
    checkFields(this.#text.slice(0, -'\r\n\r\n'.length));
    this.#state = AT_END;
  }

  #add(byte: number, countMax: number): void {
    if (this.#text.length === countMax) refuse();
    this.#text += String.fromCharCode(byte);
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : NO_DIGIT;
}

function refuse(): never {
  throw new Error('The response has malformed chunks');
}
