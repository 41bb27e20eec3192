/**
 * The door that every message passes where it is sent: it must be structured data, it must not be too large, and it is
 * copied. What is let in here is known to encode, so sending it can no longer fail.
 *
 * Whether a message is too large is decided by its encoded size alone, whether or not it will cross a thread (I11). To
 * encode every message for that would be dear, so the copy counts an upper bound, and only what might be too large is
 * encoded to know.
 */
import type { PayloadCodec } from './payload-codec.ts';
import { copyMessage, PLAIN, tally } from './structured-data.ts';

export class MessageGate {
  /** The form in which the last message must be encoded. */
  form: number = PLAIN;
  readonly #codec: PayloadCodec;
  readonly #strict: boolean;

  /** `strict` also refuses what encoding would silently leave out. */
  constructor(codec: PayloadCodec, strict: boolean) {
    this.#codec = codec;
    this.#strict = strict;
  }

  /** What a message may take at most. */
  get bytesMax(): number {
    return this.#codec.messageBytesMax;
  }

  /** A copy of the message. Throws `MESSAGE_NOT_ENCODABLE` or `MESSAGE_TOO_LARGE`. */
  admit(message: unknown): unknown {
    tally.bytesBound = 0;
    tally.form = PLAIN;
    tally.strict = this.#strict;
    const copy = copyMessage(message);
    this.form = tally.form;
    if (tally.bytesBound > this.#codec.messageBytesMax) this.#codec.encode(copy, tally.form);
    return copy;
  }
}
