/**
 * What writing a request and writing a response have in common: addresses and typed values, in their canonical form,
 * which is the only one that the readers of all SDKs take.
 */
import type { Address } from '../sdk/address.ts';
import { NameCache } from './name-cache.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { FIELD_1, FIELD_2, FIELD_3, VARINT_2 } from './protocol-layout.ts';
import { type FieldWriter, LateValue, type TypedValue } from './typed-value.ts';

/** Of the thread. */
const names = new NameCache();

/** Like all of a `ProtobufWriter`, from the last field to the first. */
export class ProtocolWriter extends ProtobufWriter implements FieldWriter {
  address(tag: number, { type, id }: Address): void {
    const before = this.byteLength;
    this.string(FIELD_3, id);
    this.typeName(FIELD_1, FIELD_2, type);
    this.head(tag, before);
  }

  /** `namespace/name` as two fields. */
  typeName(namespaceTag: number, nameTag: number, type: string): void {
    const { namespace, name } = names.split(type);
    this.repeatedString(nameTag, name, names);
    this.repeatedString(namespaceTag, namespace, names);
  }

  typedValue(tag: number, typed: TypedValue): void {
    const before = this.byteLength;
    if (typed instanceof LateValue) {
      typed.write(FIELD_3, this);
      this.int64(VARINT_2, 1);
    } else {
      const { value } = typed;
      if (value !== undefined) {
        if (value.length > 0) this.bytes(FIELD_3, value);
        this.int64(VARINT_2, 1);
      }
    }
    this.repeatedString(FIELD_1, typed.typename, names);
    this.head(tag, before);
  }
}
