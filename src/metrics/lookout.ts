/**
 * Reads and writes which invocation a shard's thread is in (`lookout-layout.ts`). Writing it costs two stores for each
 * invocation and one for each turn.
 */
import {
  LOOKOUT_FINGERPRINT,
  LOOKOUT_FUNCTION,
  LOOKOUT_HASH,
  LOOKOUT_ID,
  LOOKOUT_ID_BYTES,
  LOOKOUT_ID_BYTES_MAX,
  LOOKOUT_TURNS,
} from './lookout-layout.ts';
import type { Involved, UnderWay } from './under-way.ts';

/** The invocation that a thread was in when it died or was looked at. */
export interface Sighting {
  readonly functionIndex: number;
  readonly hash: number;
  /** Of the message; 0 if nobody took it. */
  readonly fingerprint: number;
  /** As far as it is known. */
  readonly id: string | undefined;
  readonly turns: number;
}

/** What a thread leaves behind. */
export interface Remains {
  /** Undefined if it has died between turns. */
  readonly sighting: Sighting | undefined;
  readonly involved: readonly Involved[];
}

export class Lookout {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** What goes on between turns. */
  readonly underWay: UnderWay;

  constructor(words: Int32Array, underWay: UnderWay) {
    this.#words = words;
    this.underWay = underWay;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  /** An invocation begins. */
  enter(functionIndex: number, hash: number): void {
    this.#words[LOOKOUT_FUNCTION] = functionIndex + 1;
    this.#words[LOOKOUT_HASH] = hash;
  }

  /** User code is over, and its turn goes on. */
  leave(): void {
    this.#words[LOOKOUT_FUNCTION] = 0;
  }

  /** It is one that may not come back. */
  mark(fingerprint: number, id: string): void {
    const bytes = Buffer.from(id).subarray(0, LOOKOUT_ID_BYTES_MAX);
    this.#bytes.set(bytes, LOOKOUT_ID * 4);
    this.#words[LOOKOUT_ID_BYTES] = bytes.length;
    this.#words[LOOKOUT_FINGERPRINT] = fingerprint;
  }

  /** The one that begins is none of those. */
  unmark(): void {
    this.#words[LOOKOUT_FINGERPRINT] = 0;
    this.#words[LOOKOUT_ID_BYTES] = 0;
  }

  get remains(): Remains {
    return { sighting: this.read(), involved: this.underWay.list() };
  }

  /** How many turns there have been, modulo 2^32. */
  get turns(): number {
    return this.#words[LOOKOUT_TURNS];
  }

  /** Undefined between turns. */
  read(): Sighting | undefined {
    const words = this.#words;
    if (words[LOOKOUT_FUNCTION] === 0) return undefined;
    const start = LOOKOUT_ID * 4;
    const length = words[LOOKOUT_ID_BYTES];
    return {
      functionIndex: words[LOOKOUT_FUNCTION] - 1,
      hash: words[LOOKOUT_HASH],
      fingerprint: words[LOOKOUT_FINGERPRINT],
      id: length === 0 ? undefined : Buffer.from(this.#bytes.slice(start, start + length)).toString(),
      turns: words[LOOKOUT_TURNS],
    };
  }
}
