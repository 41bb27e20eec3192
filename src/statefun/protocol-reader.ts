/**
 * What reading a request and reading a response have in common: the limits, and the two messages that both are made of,
 * addresses and typed values.
 */
import { copyBytes } from '../base/copy-bytes.ts';
import type { Address } from '../sdk/address.ts';
import { NameCache } from './name-cache.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import {
  ADDRESS_ID_LENGTH_MAX,
  ELEMENT_BYTES_MIN,
  FIELD_1,
  FIELD_2,
  FIELD_3,
  FIELD_BYTES_MIN,
  NAME_LENGTH_MAX,
  type ProtocolLimits,
  TOO_MUCH,
  VARINT_2,
} from './protocol-layout.ts';
import { type TypedValue, ValueInPlace } from './typed-value.ts';

/** An element has no more fields than this, its parts and theirs included; unknown ones have the rest. */
const FIELDS_PER_ELEMENT = 16;
const FIELD_COUNT_MIN = 1000;

const FIELDS_1_TO_3 = 0b1110;

/** Of the thread. */
const names = new NameCache();

export class ProtocolReader extends ProtobufReader {
  readonly #limits: ProtocolLimits;
  readonly #elementCountMax: number;
  #elementsLeft: number;
  #statesLeft: number;
  /** Of the typed value that was read last. */
  #typename = '';
  #valueStart = 0;
  #valueEnd = 0;

  constructor(bytes: Uint8Array, what: 'request' | 'response', limits: ProtocolLimits) {
    const { elementCountFree, elementCountMax } = limits;
    const fieldCountFree = FIELD_COUNT_MIN + elementCountFree * FIELDS_PER_ELEMENT;
    super(bytes, what, Math.max(fieldCountFree, Math.floor(bytes.byteLength / FIELD_BYTES_MIN)));
    this.#limits = limits;
    const worthCount = Math.floor(bytes.byteLength / ELEMENT_BYTES_MIN);
    this.#elementCountMax = Math.min(elementCountMax, Math.max(elementCountFree, worthCount));
    this.#elementsLeft = this.#elementCountMax;
    this.#statesLeft = limits.stateCountMax;
    if (bytes.byteLength > limits.bytesMax) {
      this.refuse(`has ${bytes.byteLength} bytes, more than the ${limits.bytesMax} allowed`, TOO_MUCH);
    }
  }

  /** Counts one element of whatever list. */
  element(): void {
    if (--this.#elementsLeft < 0) this.refuse(`has more than ${this.#elementCountMax} elements`, TOO_MUCH);
  }

  /** Counts one element that is about a state. */
  stateElement(): void {
    this.element();
    if (--this.#statesLeft < 0) this.refuse(`has more than ${this.#limits.stateCountMax} states`, TOO_MUCH);
  }

  name(): string {
    return this.repeatedString(NAME_LENGTH_MAX, names);
  }

  /** Undefined for one that names nobody. */
  address(): Address | undefined {
    const outer = this.enter();
    let namespace = '';
    let name = '';
    let id = '';
    for (let tag = this.tag(); tag !== 0; tag = this.tag()) {
      if (tag === FIELD_1) namespace = this.name();
      else if (tag === FIELD_2) name = this.name();
      else if (tag === FIELD_3) id = this.string(ADDRESS_ID_LENGTH_MAX);
      else this.skip(tag, FIELDS_1_TO_3);
    }
    this.leave(outer);
    return namespace === '' && name === '' && id === '' ? undefined : { type: names.typeName(namespace, name), id };
  }

  typedValue(): TypedValue {
    return this.#readValue(false) ? this.#made() : { typename: this.#typename, value: undefined };
  }

  /** A value that is to be stored: as in Flink its bytes count, whatever it says of having any. */
  storedValue(): TypedValue {
    this.#readValue(true);
    return this.#made();
  }

  /** One that shares the bytes that are read. */
  valueInPlace(): ValueInPlace {
    const isSet = this.#readValue(false);
    return new ValueInPlace(this.#typename, isSet, this.source, this.#valueStart, this.#valueEnd);
  }

  /** Whether it says that it has a value. What it is stays in the fields. */
  #readValue(isStored: boolean): boolean {
    const outer = this.enter();
    let hasValue = isStored;
    this.#typename = '';
    this.#valueStart = 0;
    this.#valueEnd = 0;
    for (let tag = this.tag(); tag !== 0; tag = this.tag()) {
      if (tag === FIELD_1) this.#typename = this.name();
      else if (tag === VARINT_2) hasValue = this.bool() || isStored;
      else if (tag === FIELD_3) {
        const byteLength = this.stepOver();
        this.#valueEnd = this.position;
        this.#valueStart = this.#valueEnd - byteLength;
      } else this.skip(tag, FIELDS_1_TO_3);
    }
    this.leave(outer);
    return hasValue;
  }

  /** A copy. */
  #made(): TypedValue {
    const value = new Uint8Array(this.#valueEnd - this.#valueStart);
    copyBytes(this.source, this.#valueStart, this.#valueEnd, value, 0);
    return { typename: this.#typename, value };
  }
}

/** What an argument is that was left out. */
export const NO_VALUE: TypedValue = Object.freeze({ typename: '', value: undefined });
/** The same of a request whose values stay where they are. */
export const NO_VALUE_IN_PLACE: ValueInPlace = new ValueInPlace('', false, Buffer.alloc(0), 0, 0);
