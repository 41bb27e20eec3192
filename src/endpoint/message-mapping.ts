/**
 * Messages and records as our functions have them, and as typed values outside. What both can say goes as StateFun's
 * built-in types; what only we can say goes as `millrace/value`, so that whatever one of our functions sends another
 * arrives as it was, and not almost.
 *
 * ```
 *   text, boolean                    io.statefun.types/string, bool
 *   whole number of 32 bits          io.statefun.types/int
 *   any other number but -0          io.statefun.types/double
 *   bigint of 64 bits                io.statefun.types/long
 *   TypedValue                       itself
 *   everything else                  millrace/value: structured data in the engine's own encoding
 * ```
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import { namespaceOf } from '../sdk/address.ts';
import type { TypedValue, ValueInPlace } from '../statefun/typed-value.ts';
import { readInPlace, type TypeLike, typedValue } from '../statefun/type.ts';
import { BooleanType, DoubleType, FloatType, IntType, LongType, StringType } from '../statefun/types.ts';
import { decodeOutside, OUTSIDE_LIMITS, type OutsideLimits } from '../wire/outside-value.ts';
import { copyMessage, tally } from '../wire/structured-data.ts';
import type { AnyType, OutboundRule } from './endpoint-options.ts';
import { LateData, LateText } from './late-values.ts';

/** The type name of what only our functions read. */
export const VALUE_TYPENAME = 'millrace/value';

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

const BUILT_IN: readonly AnyType[] = [BooleanType, IntType, LongType, FloatType, DoubleType, StringType];

/** How messages of one type are read. */
type Reader = (argument: ValueInPlace) => unknown;

export interface MappingRules {
  readonly types: readonly AnyType[];
  readonly sends: Readonly<Record<string, OutboundRule>>;
  readonly egresses: Readonly<Record<string, OutboundRule>>;
  readonly itemCountMax: number;
}

export class MessageMapping {
  readonly #readers = new Map<string, Reader>();
  readonly #sends: ReadonlyMap<string, OutboundRule>;
  readonly #egresses: ReadonlyMap<string, OutboundRule>;
  readonly #limits: OutsideLimits;

  constructor({ types, sends, egresses, itemCountMax }: MappingRules) {
    this.#sends = new Map(Object.entries(sends));
    this.#egresses = new Map(Object.entries(egresses));
    this.#limits = { ...OUTSIDE_LIMITS, itemCountMax };
    for (const type of [...BUILT_IN, ...types]) this.#readers.set(type.typename, readerOf(type));
    this.#readers.set(VALUE_TYPENAME, (argument) => this.#readValue(argument));
  }

  /** The message that a function gets. Throws what the type throws, or `MESSAGE_INVALID`. */
  read(argument: ValueInPlace): unknown {
    const reader = this.#readers.get(argument.typename);
    if (reader === undefined) return argument.apart();
    return argument.isSet ? reader(argument) : undefined;
  }

  #readValue({ source, start, end }: ValueInPlace): unknown {
    const decoded = decodeOutside(source, this.#limits, start, end);
    if (decoded.refusal === undefined) return decoded.value;
    throw new MillraceError('MESSAGE_INVALID', `A message of type ${VALUE_TYPENAME} is refused: ${decoded.refusal}.`);
  }

  /** What a message becomes that goes to a function. Throws `MESSAGE_NOT_ENCODABLE`. */
  message(message: unknown, target: string): TypedValue {
    if (this.#sends.size === 0) return plainValue(message);
    const rule = this.#sends.get(target) ?? this.#sends.get(`${namespaceOf(target)}/*`);
    return this.#outbound(rule, message, 'messages to', target);
  }

  /** What a record becomes that goes to an egress. Throws `MESSAGE_NOT_ENCODABLE`. */
  record(record: unknown, egress: string): TypedValue {
    return this.#outbound(this.#egresses.get(egress), record, 'records of', egress);
  }

  #outbound(rule: OutboundRule | undefined, value: unknown, what: string, type: string): TypedValue {
    if (rule === undefined || asTypedValue(value) !== undefined) return plainValue(value);
    try {
      if (typeof rule !== 'function') return typedValue(rule, value);
      const made = asTypedValue(rule(value));
      if (made !== undefined) return made;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : describe(cause);
      throw new MillraceError('MESSAGE_NOT_ENCODABLE', `The rule for ${what} ${type} threw: ${reason}`, { cause });
    }
    throw new MillraceError('MESSAGE_NOT_ENCODABLE', `The rule for ${what} ${type} has given no TypedValue.`);
  }
}

function readerOf(type: AnyType): Reader {
  return (argument) => readInPlace<unknown>(type, argument);
}

/** What is named a typed value, and is nothing else: an object that has more to say is data. */
function asTypedValue(value: unknown): TypedValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { typename, value: bytes } = value as { readonly typename?: unknown; readonly value?: unknown };
  if (typeof typename !== 'string' || !(bytes === undefined || bytes instanceof Uint8Array)) return undefined;
  if (!typename.includes('/') || !('value' in value) || Object.keys(value).length !== 2) return undefined;
  // A copy, since its sender may go on with the bytes.
  return { typename, value: bytes?.slice() };
}

/** Throws `MESSAGE_NOT_ENCODABLE`. */
function plainValue(message: unknown): TypedValue {
  switch (typeof message) {
    case 'string':
      return message.isWellFormed() ? new LateText(message) : structured(message);
    case 'boolean':
      return typed(BooleanType, message);
    case 'number':
      if (Object.is(message, -0)) return structured(message);
      return message === (message | 0) ? typed(IntType, message) : typed(DoubleType, message);
    case 'bigint':
      return message >= LONG_MIN && message <= LONG_MAX ? typed(LongType, message) : structured(message);
    default:
      return asTypedValue(message) ?? structured(message);
  }
}

function typed<Value>(type: TypeLike<Value>, value: Value): TypedValue {
  return { typename: type.typename, value: type.serialize(value) };
}

/** What only our functions read. Throws `MESSAGE_NOT_ENCODABLE`. */
export function structured(message: unknown): TypedValue {
  tally.strict = true;
  return new LateData(VALUE_TYPENAME, copyMessage(message));
}
