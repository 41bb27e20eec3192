/**
 * What remote functions take: typed values as they are, and plain values that StateFun's built-in types can say. What is
 * none of them is refused where it is sent. It travels as it was sent, and is wrapped when it is delivered.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import type { StandardSchema } from '../sdk/schema.ts';
import { typedValue } from '../statefun/type.ts';
import { isTypedValue, type TypedValue } from '../statefun/typed-value.ts';
import { BooleanType, DoubleType, IntType, LongType, typedText } from '../statefun/types.ts';

/** A string, a boolean, a number (an `int` if it is one of 32 bits, otherwise a `double`) or a bigint (`long`). */
export type RemoteMessage = TypedValue | string | boolean | number | bigint;

const LONG_BITS = 64;

/** What is asked of an endpoint for a message; undefined if it cannot be. */
export function typedValueOf(message: unknown): TypedValue | undefined {
  switch (typeof message) {
    case 'string':
      return typedText(message);
    case 'boolean':
      return typedValue(BooleanType, message);
    case 'number':
      // Not -0, which an int cannot say.
      return Object.is(message | 0, message) ? typedValue(IntType, message) : typedValue(DoubleType, message);
    case 'bigint':
      return message === BigInt.asIntN(LONG_BITS, message) ? typedValue(LongType, message) : undefined;
    default:
      return isTypedValue(message) ? message : undefined;
  }
}

/** Whether `typedValueOf` would make something of it. */
export function isTypeable(message: unknown): boolean {
  switch (typeof message) {
    case 'string':
      return message.isWellFormed();
    case 'bigint':
      return message === BigInt.asIntN(LONG_BITS, message);
    case 'boolean':
    case 'number':
      return true;
    default:
      return isTypedValue(message);
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
