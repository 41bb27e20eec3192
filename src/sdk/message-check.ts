/**
 * The schema of a function's messages around what it does with them: `invoke` gets what the schema makes of a message, and
 * never what it refuses.
 */
import { MillraceError } from './errors.ts';
import { type AnySchema, checkWith } from './schema.ts';

/** What a function does with a message, whatever its types. */
type Invoke = (ctx: never, message: never) => void | Promise<void>;

const AsyncFunction = (async () => {}).constructor;
/** By what was made here, what it was made of. */
const unchecked = new WeakMap<Invoke, Invoke>();

/** The same, with messages as the schema makes them. What is declared `async` stays so. */
export function checkingInvoke(type: string, messages: AnySchema, invoke: Invoke): Invoke {
  const checking =
    invoke instanceof AsyncFunction ? checkingLater(type, messages, invoke) : checkingNow(type, messages, invoke);
  unchecked.set(checking, invoke);
  return checking;
}

/**
 * What the user has written, of a definition that may have been made before: spread into another, its messages would be
 * checked twice, and what a schema makes of a message need not be a message.
 */
export function uncheckedInvoke<Given extends Invoke>(invoke: Given): Given {
  return (unchecked.get(invoke) as Given | undefined) ?? invoke;
}

function checkingNow(type: string, messages: AnySchema, invoke: Invoke): Invoke {
  return function (this: unknown, ctx, message): void | Promise<void> {
    return Reflect.apply(invoke, this, [ctx, checkedMessage(type, messages, message)]);
  };
}

function checkingLater(type: string, messages: AnySchema, invoke: Invoke): Invoke {
  return async function (this: unknown, ctx, message): Promise<void> {
    await (Reflect.apply(invoke, this, [ctx, checkedMessage(type, messages, message)]) as Promise<void>);
  };
}

/** What the schema of a function makes of a message. Throws `MESSAGE_INVALID`. */
export function checkedMessage(type: string, messages: AnySchema, message: unknown): never {
  const checked = checkWith(messages, message);
  if (checked.refusal === undefined) return checked.value as never;
  throw new MillraceError('MESSAGE_INVALID', `${type} does not take this message: ${checked.refusal}`, {
    details: { type },
  });
}
