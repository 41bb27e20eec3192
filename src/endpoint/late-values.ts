/**
 * What our functions send and keep, until the response is written: no bytes yet, but what they will be made of. Most of
 * it is then written straight into the response. It belongs to one batch, and what it holds must not change any more: a
 * text cannot, and of data it is a copy, or a state value when all invocations are over.
 */
import { FIELD_1 } from '../statefun/protocol-layout.ts';
import { type FieldWriter, LateValue } from '../statefun/typed-value.ts';
import { StringType } from '../statefun/types.ts';
import { NOT_WRITTEN, smallBytes, writeSmallBriefly } from '../wire/small-writer.ts';
import { encodeTagged } from '../wire/tagged-value.ts';

/** A well-formed text, as StateFun's built-in type. */
export class LateText extends LateValue {
  readonly #text: string;

  constructor(text: string) {
    super(StringType.typename);
    this.#text = text;
  }

  override get value(): Uint8Array {
    return StringType.serialize(this.#text);
  }

  override write(tag: number, writer: FieldWriter): void {
    // As for all defaults, no bytes at all.
    if (this.#text === '') return;
    const before = writer.byteLength;
    writer.string(FIELD_1, this.#text);
    writer.head(tag, before);
  }
}

/** Structured data, in the engine's own encoding. */
export class LateData extends LateValue {
  readonly #data: unknown;

  /** `data` is known to be structured data. */
  constructor(typename: string, data: unknown) {
    super(typename);
    this.#data = data;
  }

  override get value(): Uint8Array {
    return encodeTagged(this.#data);
  }

  override write(tag: number, writer: FieldWriter): void {
    const byteLength = writeSmallBriefly(this.#data);
    if (byteLength === NOT_WRITTEN) writer.bytes(tag, encodeTagged(this.#data));
    else writer.bytes(tag, smallBytes, 0, byteLength);
  }
}
