/**
 * Payload bytes: structured data to MessagePack and back. The only importer of msgpackr, in its pure JavaScript form.
 * One codec belongs to one thread; it keeps one scratch buffer, so the bytes of one payload are valid until the next.
 *
 * Two forms. The plain one is what it says: MessagePack, objects as maps with a key each, self-contained, no tables
 * that could disagree between two threads or two versions. It cannot tell a Map from an object, nor carry some other
 * things (see `toRich`); messages that hold any of them take the rich form, which says all of that in plain MessagePack
 * of another message. The copy that is made at the sender finds out; a flag in the envelope says which.
 */
import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import { assert } from '../base/assert.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { FlatReader, FlatWriter, type ShapeTable } from './flat-codec.ts';
import { RICH } from './structured-data.ts';

/** msgpackr's encode options: write into the buffer it was given, from its beginning, and return it with start and end. */
const REUSE_BUFFER = 512;
const RESET_BUFFER = 1024;
/** MessagePack's null. */
const NIL = 0xc0;

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

const OPTIONS = {
  copyBuffers: true,
  mapsAsObjects: true,
  moreTypes: true,
  useBigIntExtension: true,
  useRecords: false,
  useToJSON: false,
};

/** In the rich form every array begins with one of these, which says what it stands for. */
const LIST = 0;
const MAP = 1;
const SET = 2;
/** An object as a list of keys and values: with more keys than the plain form counts, or keys that it would change. */
const PAIRS = 3;
const NEGATIVE_ZERO = 4;
/** UTF-16 bytes of a string that UTF-8 would change. */
const TEXT = 5;

/** Unpaired surrogates have no UTF-8, and decoders take a byte order mark at the beginning for one, not for text. */
function isPlainText(text: string): boolean {
  return text.charCodeAt(0) !== 0xfeff && text.isWellFormed();
}

/** Whether every string in a message fit for the plain form comes through it unchanged. */
function hasPlainTextOnly(value: unknown): boolean {
  if (typeof value === 'string') return isPlainText(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  if (Array.isArray(value)) return value.every(hasPlainTextOnly);
  return Object.entries(value).every(([key, item]) => isPlainText(key) && hasPlainTextOnly(item));
}

function toRich(value: unknown): unknown {
  if (typeof value === 'string') return isPlainText(value) ? value : [TEXT, Buffer.from(value, 'utf16le')];
  if (typeof value === 'number') return Object.is(value, -0) ? [NEGATIVE_ZERO] : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return tagged(LIST, value);
  if (value instanceof Map) return tagged(MAP, [...value].flat());
  if (value instanceof Set) return tagged(SET, value);
  if (value instanceof Date || ArrayBuffer.isView(value)) return value;
  const entries = Object.entries(value);
  const plain = entries.length <= 0xffff && entries.every(([key]) => key !== '__proto__' && isPlainText(key));
  if (!plain) return tagged(PAIRS, entries.flat());
  for (const entry of entries) entry[1] = toRich(entry[1]);
  return Object.fromEntries(entries);
}

function tagged(tag: number, items: Iterable<unknown>): unknown[] {
  const list: unknown[] = [tag];
  for (const item of items) list.push(toRich(item));
  return list;
}

/** Undoes `toRich`, in place where it can. */
function fromRich(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return untagged(value);
  const object = value as Record<string, unknown>;
  for (const key in object) object[key] = fromRich(object[key]);
  return object;
}

function untagged(list: unknown[]): unknown {
  const tag = list.shift();
  if (tag === TEXT) return Buffer.from(list[0] as Uint8Array).toString('utf16le');
  for (let index = 0; index < list.length; index++) list[index] = fromRich(list[index]);
  switch (tag) {
    case LIST:
      return list;
    case MAP:
      return new Map(pairs(list));
    case SET:
      return new Set(list);
    case PAIRS:
      return Object.fromEntries(pairs(list) as [string, unknown][]);
    default:
      assert(tag === NEGATIVE_ZERO, 'an array of the rich form says what it stands for');
      return -0;
  }
}

function pairs(list: readonly unknown[]): [unknown, unknown][] {
  return Array.from({ length: list.length / 2 }, (_, index) => [list[index * 2], list[index * 2 + 1]]);
}

export class PayloadCodec {
  /** The encoded payload: words from 0 on, and how many bytes of them count. */
  words: Int32Array = new Int32Array(0);
  bytes: Uint8Array = new Uint8Array(0);
  byteLength = 0;
  /** Whether the payload is in the rich form. */
  rich = false;

  readonly messageBytesMax: number;
  /** The fast form for small flat objects, for a codec that has been given the engine's shapes. */
  readonly flatWriter: FlatWriter | undefined;
  readonly flatReader: FlatReader | undefined;
  readonly #packr = new Packr(OPTIONS) as unknown as SpanPackr;
  readonly #unpackr = new Unpackr(OPTIONS) as unknown as SpanUnpackr;
  readonly #span = { start: 0, end: 0 };
  #scratch: Uint8Array = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

  constructor(messageBytesMax: number, shapes?: ShapeTable) {
    this.messageBytesMax = messageBytesMax;
    this.flatWriter = shapes && new FlatWriter(shapes);
    this.flatReader = shapes && new FlatReader(shapes);
  }

  /** Encodes a message that was let in as `form` into the scratch. Throws `MESSAGE_TOO_LARGE`. */
  encode(message: unknown, form: number): void {
    this.rich = form === RICH;
    this.#pack(this.rich ? toRich(message) : message);
    if (!this.rich && this.#mayHoldChangedText() && !hasPlainTextOnly(message)) {
      this.rich = true;
      this.#pack(toRich(message));
    }
    if (this.byteLength > this.messageBytesMax) this.#refuse(message);
  }

  /** Decodes a payload in place. The result shares nothing with `bytes`. */
  decode(bytes: Uint8Array, start: number, end: number, rich: boolean): unknown {
    // What says no more than that it comes.
    if (end - start === 1 && bytes[start] === NIL) return null;
    const span = this.#span;
    span.start = start;
    span.end = end;
    const value = this.#unpackr.unpack(bytes, span);
    return rich ? fromRich(value) : value;
  }

  #pack(value: unknown): void {
    this.#packr.useBuffer(this.#scratch);
    const packed = this.#packr.pack(value, REUSE_BUFFER | RESET_BUFFER);
    assert(packed.start === 0, 'a payload begins at the beginning of the scratch');
    this.byteLength = packed.end;
    if (packed !== this.bytes) {
      this.bytes = packed;
      this.words = new Int32Array(packed.buffer, packed.byteOffset, packed.length >> 2);
    }
    // When the scratch was too small, msgpackr has moved to a larger buffer of its own.
    if (packed.length <= SCRATCH_BYTES_KEPT) this.#scratch = packed;
  }

  /**
   * Whether the plain form may have changed a string. The UTF-8 of all that it could change (unpaired surrogates, which
   * become U+FFFD, and byte order marks) begins with one of two bytes that are rare in most messages, and to look for
   * them in the words of the payload is much cheaper than to look at each string.
   */
  #mayHoldChangedText(): boolean {
    const { words } = this;
    const count = (this.byteLength + 3) >> 2;
    for (let index = 0; index < count; index++) {
      // A byte of this is zero where the payload has ED or EF.
      const x = (words[index] | 0x02020202) ^ 0xefefefef;
      if (((x - 0x01010101) & ~x & 0x80808080) !== 0) return true;
    }
    return false;
  }

  #refuse(message: unknown): never {
    const bytes = this.byteLength;
    const maxBytes = this.messageBytesMax;
    const what = `The message (${describe(message)}) takes ${bytes} bytes; maxMessageBytes allows ${maxBytes}.`;
    throw new MillraceError('MESSAGE_TOO_LARGE', what, { details: { bytes, maxBytes } });
  }
}
