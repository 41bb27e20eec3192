/**
 * Writes envelopes. An envelope is put together in this thread's scratch (head: header, ids and meta; body: the
 * codec's payload) and from there copied once to where it goes: claimed ring bytes, an overflow, or the effects of an async
 * invocation. Encoding first and placing second means that its exact length is known before room is claimed.
 */
import { ID_LENGTH_MAX } from '../sdk/address.ts';
import { copyWords } from './copy-words.ts';
import {
  FLAG_FLAT_PAYLOAD,
  FLAG_RICH_PAYLOAD,
  FLAG_SOURCE_ASCII,
  FLAG_TARGET_ASCII,
  HEADER_WORDS,
  TYPE_NONE,
  WORD_HASH,
  WORD_KIND,
  WORD_PAYLOAD_BYTES,
  WORD_SOURCE,
  WORD_TARGET,
} from './envelope-layout.ts';
import { idBytesMax, writeId } from './id-bytes.ts';
import { type MessageMeta, META_BYTES_MAX, writeMeta } from './message-meta.ts';
import type { PayloadCodec } from './payload-codec.ts';
import { PLAIN } from './structured-data.ts';

const HEAD_BYTES_MAX = HEADER_WORDS * 4 + 2 * (idBytesMax(ID_LENGTH_MAX) + 4) + META_BYTES_MAX + 4;

export class EnvelopeWriter {
  /** Length of the whole envelope that was written or taken last. */
  byteLength = 0;

  readonly #codec: PayloadCodec;
  readonly #scratchWords = new Int32Array(HEAD_BYTES_MAX >> 2);
  readonly #scratchBytes = new Uint8Array(this.#scratchWords.buffer);
  #headWords: Int32Array = this.#scratchWords;
  #headStart = 0;
  #headCount = 0;
  #bodyWords: Int32Array = this.#scratchWords;
  #bodyCount = 0;
  #bodyBytes = 0;

  constructor(codec: PayloadCodec) {
    this.#codec = codec;
  }

  /**
   * Writes one envelope into the scratch. `sourceType` is `TYPE_NONE` and `sourceId` empty when nobody sent it.
   * `form` is how the payload was let in by the gate.
   */
  write(
    kind: number,
    targetType: number,
    targetHash: number,
    targetId: string,
    sourceType: number,
    sourceId: string,
    payload: unknown,
    form: number,
    meta?: MessageMeta,
  ): void {
    const words = this.#scratchWords;
    let at = HEADER_WORDS * 4;
    let flags = this.#encode(payload, form, targetType);
    const payloadBytes = this.#bodyBytes;
    let targetBytes = writeId(targetId, this.#scratchBytes, at);
    if (targetBytes >= 0) flags |= FLAG_TARGET_ASCII;
    else targetBytes = -targetBytes;
    at = (at + targetBytes + 3) & ~3;
    let sourceBytes = 0;
    if (sourceType !== TYPE_NONE) {
      sourceBytes = writeId(sourceId, this.#scratchBytes, at);
      if (sourceBytes >= 0) flags |= FLAG_SOURCE_ASCII;
      else sourceBytes = -sourceBytes;
      at = (at + sourceBytes + 3) & ~3;
    }
    let metaBytes = 0;
    if (meta !== undefined) {
      metaBytes = writeMeta(meta, this.#scratchBytes, at);
      at = (at + metaBytes + 3) & ~3;
    }
    words[WORD_KIND] = kind | (flags << 8) | (targetType << 16);
    words[WORD_HASH] = targetHash;
    words[WORD_TARGET] = targetBytes | (sourceType << 16);
    words[WORD_SOURCE] = sourceBytes | (metaBytes << 16);
    words[WORD_PAYLOAD_BYTES] = payloadBytes;
    this.#headWords = words;
    this.#headStart = 0;
    this.#headCount = at >> 2;
    this.#bodyCount = (payloadBytes + 3) >> 2;
    this.byteLength = at + payloadBytes;
  }

  /** Encodes the payload in the fastest form that fits; returns the form's flag. */
  #encode(payload: unknown, form: number, targetType: number): number {
    const codec = this.#codec;
    const flat = codec.flatWriter;
    if (flat !== undefined && form === PLAIN && flat.encode(payload, targetType)) {
      this.#bodyWords = flat.words;
      this.#bodyBytes = flat.wordCount * 4;
      return FLAG_FLAT_PAYLOAD;
    }
    codec.encode(payload, form);
    this.#bodyWords = codec.words;
    this.#bodyBytes = codec.byteLength;
    return codec.rich ? FLAG_RICH_PAYLOAD : 0;
  }

  /** The hash in the header of what was written or taken last. */
  get targetHash(): number {
    return this.#headWords[this.#headStart + WORD_HASH];
  }

  /** Takes an envelope that is already encoded somewhere, to be placed somewhere else. */
  take(words: Int32Array, startWord: number, byteLength: number): void {
    this.#headWords = words;
    this.#headStart = startWord;
    this.#headCount = (byteLength + 3) >> 2;
    this.#bodyCount = 0;
    this.byteLength = byteLength;
  }

  /** Copies the envelope to `words` at `at`; room for `byteLength`, rounded up to words, must be there. */
  placeInto(words: Int32Array, at: number): void {
    copyWords(this.#headWords, this.#headStart, this.#headCount, words, at);
    if (this.#bodyCount !== 0) copyWords(this.#bodyWords, 0, this.#bodyCount, words, at + this.#headCount);
  }
}
