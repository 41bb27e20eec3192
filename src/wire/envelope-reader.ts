/**
 * Reads envelopes where they lie: a view that is laid over ring bytes (or an overflow's) and decodes only what it is
 * asked for. It is valid as long as the bytes are, which in a ring is until the handler returns.
 */
import { assert } from '../base/assert.ts';
import {
  FLAG_FLAT_PAYLOAD,
  FLAG_RICH_PAYLOAD,
  FLAG_SOURCE_ASCII,
  FLAG_TARGET_ASCII,
  HEADER_WORDS,
  WORD_HASH,
  WORD_KIND,
  WORD_PAYLOAD_BYTES,
  WORD_SOURCE,
  WORD_TARGET,
} from './envelope-layout.ts';
import { copyWords } from './copy-words.ts';
import { idEquals, readId } from './id-bytes.ts';
import { type MessageMeta, readMeta } from './message-meta.ts';
import type { PayloadCodec } from './payload-codec.ts';
import { PLAIN, RICH } from './structured-data.ts';

export class EnvelopeReader {
  kind = 0;
  targetType = 0;
  targetHash = 0;
  sourceType = 0;

  readonly #codec: PayloadCodec;
  /** Length of the whole envelope. */
  byteLength = 0;
  #words: Int32Array = new Int32Array(0);
  #startWord = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #flags = 0;
  #targetAt = 0;
  #targetBytes = 0;
  #sourceAt = 0;
  #sourceBytes = 0;
  #metaAt = 0;
  #metaBytes = 0;
  #payloadAt = 0;
  #payloadEnd = 0;

  constructor(codec: PayloadCodec) {
    this.#codec = codec;
  }

  /** Lays the view over an envelope of `byteLength` that begins at `offsetBytes` (a multiple of 4). */
  wrap(words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number): void {
    const at = offsetBytes >> 2;
    const kindWord = words[at + WORD_KIND];
    const targetWord = words[at + WORD_TARGET];
    this.kind = kindWord & 0xff;
    this.#flags = (kindWord >>> 8) & 0xff;
    this.targetType = kindWord >>> 16;
    this.targetHash = words[at + WORD_HASH];
    this.sourceType = targetWord >>> 16;
    this.#words = words;
    this.#startWord = at;
    this.byteLength = byteLength;
    this.#bytes = bytes;
    this.#targetAt = offsetBytes + HEADER_WORDS * 4;
    this.#targetBytes = targetWord & 0xffff;
    this.#sourceAt = (this.#targetAt + this.#targetBytes + 3) & ~3;
    const sourceWord = words[at + WORD_SOURCE];
    this.#sourceBytes = sourceWord & 0xffff;
    this.#metaAt = (this.#sourceAt + this.#sourceBytes + 3) & ~3;
    this.#metaBytes = sourceWord >>> 16;
    this.#payloadAt = (this.#metaAt + this.#metaBytes + 3) & ~3;
    this.#payloadEnd = this.#payloadAt + words[at + WORD_PAYLOAD_BYTES];
    assert(this.#payloadEnd === offsetBytes + byteLength, 'an envelope is as long as its parts (I2)');
  }

  /** Copies the envelope as it is to `words` at `at`; room for `byteLength`, rounded up to words, must be there. */
  placeInto(words: Int32Array, at: number): void {
    copyWords(this.#words, this.#startWord, (this.byteLength + 3) >> 2, words, at);
  }

  /** The form in which the payload would be let in again. */
  get form(): number {
    return (this.#flags & FLAG_RICH_PAYLOAD) === 0 ? PLAIN : RICH;
  }

  targetId(): string {
    return readId(this.#bytes, this.#targetAt, this.#targetBytes, (this.#flags & FLAG_TARGET_ASCII) !== 0);
  }

  targetIdEquals(id: string): boolean {
    return idEquals(id, this.#bytes, this.#targetAt, this.#targetBytes, (this.#flags & FLAG_TARGET_ASCII) !== 0);
  }

  sourceId(): string {
    return readId(this.#bytes, this.#sourceAt, this.#sourceBytes, (this.#flags & FLAG_SOURCE_ASCII) !== 0);
  }

  meta(): MessageMeta | undefined {
    if (this.#metaBytes === 0) return undefined;
    return readMeta(this.#bytes, this.#metaAt, this.#metaBytes);
  }

  payload(): unknown {
    const flat = this.#codec.flatReader;
    if (flat !== undefined && (this.#flags & FLAG_FLAT_PAYLOAD) !== 0) {
      return flat.decode(this.#words, this.#bytes, this.#payloadAt >> 2);
    }
    return this.#codec.decode(this.#bytes, this.#payloadAt, this.#payloadEnd, (this.#flags & FLAG_RICH_PAYLOAD) !== 0);
  }
}
