/**
 * Payload bytes: structured data to MessagePack and back. The only importer of msgpackr, in its pure JavaScript form.
 * One codec belongs to one thread; it keeps one scratch buffer, so the bytes of one payload are valid until the next.
 *
 * Two forms. The plain one writes objects as MessagePack maps: self-contained, no shared tables that could disagree
 * between two threads or two versions. A MessagePack map cannot be both an object and a Map, so messages that hold maps
 * or sets (or arrays of numbers other than bytes) take the rich form, in which objects are msgpackr's inline records.
 * The copy that is made at the sender finds out; a flag in the envelope says which.
 */
import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import { assert } from '../base/assert.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { RICH } from './structured-data.ts';

/** msgpackr's encode options: write into the buffer it was given, from its beginning, and return it with start and end. */
const REUSE_BUFFER = 512;
const RESET_BUFFER = 1024;

const SCRATCH_BYTES = 1 << 16;
/** A scratch buffer that grew for one large message is let go above this. */
const SCRATCH_BYTES_KEPT = 1 << 20;

type Scratch = Uint8Array & { start: number; end: number };
interface SpanPackr {
  useBuffer(buffer: Uint8Array): void;
  pack(value: unknown, options: number): Scratch;
}
interface SpanUnpackr {
  unpack(bytes: Uint8Array, span: { start: number; end: number }): unknown;
}

const SHARED_OPTIONS = { copyBuffers: true, useToJSON: false, useBigIntExtension: true, moreTypes: true };

function plainOptions(): object {
  return { ...SHARED_OPTIONS, useRecords: false, mapsAsObjects: true };
}

function richOptions(): object {
  return { ...SHARED_OPTIONS, useRecords: true, mapsAsObjects: false };
}

export class PayloadCodec {
  /** The encoded payload: words from 0 on, and how many bytes of them count. */
  words: Int32Array = new Int32Array(0);
  bytes: Uint8Array = new Uint8Array(0);
  byteLength = 0;
  /** Whether the payload is in the rich form. */
  rich = false;

  readonly messageBytesMax: number;
  readonly #plainPackr = new Packr(plainOptions()) as unknown as SpanPackr;
  readonly #richPackr = new Packr(richOptions()) as unknown as SpanPackr;
  readonly #plainUnpackr = new Unpackr(plainOptions()) as unknown as SpanUnpackr;
  readonly #richUnpackr = new Unpackr(richOptions()) as unknown as SpanUnpackr;
  readonly #span = { start: 0, end: 0 };
  #scratch: Uint8Array = new Uint8Array(0);

  constructor(messageBytesMax: number) {
    this.messageBytesMax = messageBytesMax;
    this.#adopt(Buffer.allocUnsafeSlow(SCRATCH_BYTES));
  }

  /** Encodes a message that was let in as `form` into the scratch. Throws `MESSAGE_TOO_LARGE`. */
  encode(message: unknown, form: number): void {
    this.rich = form === RICH;
    const packr = this.rich ? this.#richPackr : this.#plainPackr;
    packr.useBuffer(this.#scratch);
    const packed = packr.pack(message, REUSE_BUFFER | RESET_BUFFER);
    assert(packed.start === 0, 'a payload begins at the beginning of the scratch');
    this.byteLength = packed.end;
    if (packed.end > this.messageBytesMax) this.#refuse(packed.end, message);
    if (packed !== this.#scratch) this.#outgrown(packed);
  }

  /** Decodes a payload in place. The result shares nothing with `bytes`. */
  decode(bytes: Uint8Array, start: number, end: number, rich: boolean): unknown {
    const span = this.#span;
    span.start = start;
    span.end = end;
    return (rich ? this.#richUnpackr : this.#plainUnpackr).unpack(bytes, span);
  }

  #refuse(bytes: number, message: unknown): never {
    const maxBytes = this.messageBytesMax;
    const what = `The message (${describe(message)}) takes ${bytes} bytes; maxMessageBytes allows ${maxBytes}.`;
    throw new MillraceError('MESSAGE_TOO_LARGE', what, { details: { bytes, maxBytes } });
  }

  /** msgpackr has moved to a larger buffer of its own: that is where this payload lies. */
  #outgrown(packed: Scratch): void {
    const kept = this.#scratch;
    this.#adopt(packed);
    if (packed.length > SCRATCH_BYTES_KEPT) this.#scratch = kept;
  }

  #adopt(scratch: Uint8Array): void {
    this.#scratch = scratch;
    this.bytes = scratch;
    this.words = new Int32Array(scratch.buffer, scratch.byteOffset, scratch.length >> 2);
  }
}
