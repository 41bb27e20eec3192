/**
 * What remote functions take: typed values as they are, and plain values that StateFun's built-in types can say. What is
 * none of them is refused where it is sent. It travels as it was sent, and is wrapped when it is delivered.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import type { StandardSchema } from '../sdk/schema.ts';
import { isTypedValue, type TypedValue } from '../statefun/typed-value.ts';

/** A string, a boolean, a number (an `int` if it is one of 32 bits, otherwise a `double`) or a bigint (`long`). */
export type RemoteMessage = TypedValue | string | boolean | number | bigint;

const NAMESPACE = 'io.statefun.types';
const NO_BYTES = new Uint8Array(0);
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;
const MOST_BITS = 0x7f;
const MORE = 0x80;

function scalar(
  name: string,
  isDefault: boolean,
  key: number,
  byteLength: number,
  set: (view: DataView) => void,
): TypedValue {
  if (isDefault) return { typename: `${NAMESPACE}/${name}`, value: NO_BYTES };
  const bytes = new Uint8Array(1 + byteLength);
  bytes[0] = key;
  set(new DataView(bytes.buffer));
  return { typename: `${NAMESPACE}/${name}`, value: bytes };
}

function text(message: string): TypedValue {
  const utf8 = Buffer.from(message);
  const length: number[] = [];
  for (let rest = utf8.length; ; rest >>>= 7) {
    length.push(rest > MOST_BITS ? (rest & MOST_BITS) | MORE : rest);
    if (rest <= MOST_BITS) break;
  }
  const value = utf8.length === 0 ? NO_BYTES : new Uint8Array([0x0a, ...length, ...utf8]);
  return { typename: `${NAMESPACE}/string`, value };
}

/** What is asked of an endpoint for a message; undefined if it cannot be. */
export function typedValueOf(message: unknown): TypedValue | undefined {
  switch (typeof message) {
    case 'string':
      return text(message);
    case 'boolean':
      return scalar('bool', !message, 0x08, 1, (view) => view.setUint8(1, 1));
    case 'number':
      return Number.isInteger(message) && Object.is(message | 0, message)
        ? scalar('int', message === 0, 0x0d, 4, (view) => view.setInt32(1, message, true))
        : scalar('double', Object.is(message, 0), 0x09, 8, (view) => view.setFloat64(1, message, true));
    case 'bigint':
      if (message < LONG_MIN || message > LONG_MAX) return undefined;
      return scalar('long', message === 0n, 0x09, 8, (view) => view.setBigInt64(1, message, true));
    default:
      return isTypedValue(message) ? message : undefined;
  }
}

const REFUSAL =
  'a remote function takes a typed value { typename, value: Uint8Array }, a string, a boolean, a number or a bigint of ' +
  '64 bits; serialize anything else, for instance as JSON under a type name of your own';

export const REMOTE_MESSAGES: StandardSchema<RemoteMessage, TypedValue> = Object.freeze({
  '~standard': Object.freeze({
    version: 1 as const,
    vendor: 'millrace',
    validate(message: unknown) {
      const typed = typedValueOf(message);
      return typed === undefined ? { issues: [{ message: `${REFUSAL}; not ${describe(message)}` }] } : { value: typed };
    },
  }),
});

/** One that was not checked on arrival: it may have been sent by other code. Throws `MESSAGE_INVALID`. */
export function typedMessage(type: string, message: unknown): TypedValue {
  const typed = typedValueOf(message);
  if (typed !== undefined) return typed;
  throw new MillraceError('MESSAGE_INVALID', `${type} does not take this message: ${REFUSAL}`, { details: { type } });
}
