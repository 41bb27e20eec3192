/**
 * Stateful functions: the behaviour that all entities of one function type share, and the Context through which one
 * invocation acts on the world. A function never touches a shard, a channel or a store; it only speaks to its Context.
 *
 * A function type carries its message type (and what it replies) for the compiler, so that a wrong message does not
 * compile wherever the function is addressed. Functions that address each other in a circle share `functionType`
 * tokens, which TypeScript can infer where it could not infer two functions from each other.
 */
import type { Address } from './address.ts';
import { checkTypeName } from './address.ts';
import type { EgressType } from './egress.ts';
import { describe, MillraceError } from './errors.ts';
import { type FilledFunctionBounds, fillFunctionBounds, type FunctionBounds } from './function-bounds.ts';
import type { FunctionExtras } from './function-extras.ts';
import { checkDefinition, checkObject } from './known-fields.ts';
import type { MessageOptions } from './message-options.ts';
import { checkingInvoke, uncheckedInvoke } from './message-check.ts';
import { type AnySchema, isSchema, type SchemaInput, type SchemaOutput } from './schema.ts';
import type { AnyStateSpec, StateOf, StateSpecs } from './state.ts';
import { type FailurePolicy, type FilledFailurePolicy, fillFailurePolicy } from './failure-policy.ts';
import type { Trace } from './trace.ts';
import type { Duration } from './duration.ts';
import type { MissedTimes, PendingTimer, Schedule, TimerOptions } from './timer.ts';

declare const carries: unique symbol;

/** The name of a function, with the types of what it takes and what it replies. */
export interface FunctionType<Message, Reply = unknown> {
  readonly kind?: 'function';
  readonly type: string;
  readonly [carries]?: { takes: (message: Message) => void; replies: () => Reply };
}

/** What one invocation can see and do. Valid until `invoke` returns (or its promise settles). */
export interface Context<Specs extends StateSpecs = StateSpecs, Reply = unknown> {
  /** The address that is being invoked. */
  readonly self: Address;
  /**
   * Who sent this message: another function, or whoever waits in `engine.ask` (an address of type `millrace/asker`,
   * which may be kept in state and answered later). Undefined for messages from an ingress or `engine.send`.
   */
  readonly caller: Address | undefined;
  /**
   * The trace that the message belongs to, if it came with one or with a causal id. All that this invocation sends
   * belongs to it, too.
   */
  readonly trace: Trace | undefined;
  /** Of a message of `schedule`: the times that its `late` policy has left out before this one; undefined if none was. */
  readonly missed: MissedTimes | undefined;
  /** This entity's state: values are read and assigned, tables and lists have methods. An undeclared name does not compile. */
  readonly state: StateOf<Specs>;
  /**
   * Forgets one state of this entity: it reads again as if it had never been written, `undefined` or the initial value,
   * and without entries or elements. Takes effect when the invocation returns, like every write. An undeclared name throws
   * a `TypeError`.
   */
  clear(name: keyof Specs & string): void;
  /**
   * Forgets all that this entity keeps, also states that an earlier version of the function declared, and its timers that
   * are pending. What the invocation writes and sends afterwards stays. Takes effect when the invocation returns, all at once.
   */
  delete(): void;
  /** Sends a message. It leaves when the invocation returns; per receiver, messages arrive in the order sent. */
  send<Message>(target: FunctionType<Message>, id: string, message: NoInfer<Message>, options?: MessageOptions): void;
  /** The same to a function of another module, by name; the compiler cannot check the message. */
  send(target: string, id: string, message: unknown, options?: MessageOptions): void;
  /** Sends to `caller`. Without a caller it throws `REPLY_WITHOUT_CALLER`. */
  reply(message: Reply): void;
  /** Hands a record to an egress, which gets it once. */
  egress<Record>(egress: EgressType<Record>, record: NoInfer<Record>): void;
  egress(egress: string, record: unknown): void;
  /**
   * Begins something that this invocation does not wait for: a request, a query. The invocation returns, its address is
   * free for other messages, and when the promise settles the function gets an `AsyncResult` with this metadata as a
   * message from itself: `success` with the value, `failure` with the error. After a recovery each operation that was
   * under way at the last checkpoint is told of as `unknown`, exactly once; nothing is repeated by the engine.
   *
   * Given a function, it is begun once this invocation has returned, and not at all if it fails; a promise is under way
   * already, and if the invocation fails its outcome is ignored. Metadata and value are anything a message may hold; a
   * value that is none makes it a `failure`. (StateFun: `registerAsyncOperation`.)
   *
   * @throws MillraceError `MESSAGE_NOT_ENCODABLE` or `MESSAGE_TOO_LARGE` for the metadata
   */
  async(metadata: unknown, work: Promise<unknown> | (() => unknown)): void;
  /**
   * Sends a message when a time has passed: `delay` milliseconds, or a text such as `'30 days'`, from now by the wall
   * clock. It is as durable as state, never early, and delivered once; several of one millisecond come in the order in
   * which they were sent. A delay of 0 is allowed and still takes this way. As in StateFun it belongs to the sender, who
   * is its `caller`, and only the same id can cancel it.
   *
   * Throws `INVALID_DELAY`, `INVALID_TIMER` or `DUPLICATE_TOKEN`.
   */
  sendAfter<Message>(
    delay: Duration,
    target: FunctionType<Message>,
    id: string,
    message: NoInfer<Message>,
    options?: TimerOptions,
  ): void;
  sendAfter(delay: Duration, target: string, id: string, message: unknown, options?: TimerOptions): void;
  /** Sends the same message again and again, at the times of a schedule, until it is cancelled. Throws like `sendAfter`. */
  schedule<Message>(
    schedule: Schedule,
    target: FunctionType<Message>,
    id: string,
    message: NoInfer<Message>,
    options?: TimerOptions,
  ): void;
  schedule(schedule: Schedule, target: string, id: string, message: unknown, options?: TimerOptions): void;
  /**
   * Cancels what this id has given this token, with whichever of its functions. True if it was pending: then it will not
   * be delivered, if this invocation returns. False if there is none, or no longer.
   */
  cancel(token: string): boolean;
  /** What this address has pending, in the order in which it is due. */
  timers(): Promise<PendingTimer[]>;
  /**
   * Aborts when the deadline of this invocation is over, and when the engine is stopped by force: for `fetch` and whatever
   * else can be called off. Its reason is a `MillraceError`, `INVOCATION_OVERDUE` or `ENGINE_STOPPED`.
   */
  readonly signal: AbortSignal;
  /**
   * Adds to a counter of this function, 1 if no amount is given; `engine.metrics()` shows it under the function's type. It is for
   * watching and no state: it counts at once, also in an invocation that fails afterwards, and begins anew with the shard's
   * thread. A function may have 1,000 names. (StateFun: `context.metrics().counter(name)`; a cluster that calls our endpoint
   * has no such counters, and there it counts nothing.) Throws `INVALID_OPTION`.
   */
  count(name: string, amount?: number): void;
  /** The engine's wall clock, in milliseconds since 1970; virtual time in `millrace/testing`. */
  now(): number;
  /**
   * A number from 0 to 1, 1 not included. As `Math.random`, which may be used as well; but this one draws from the seed
   * in `millrace/testing`, so that a run that fails there can be had again.
   */
  random(): number;
}

export interface FunctionDefinition<Message, Reply, Specs extends StateSpecs> extends FunctionBounds {
  /**
   * `namespace/name`, or a token from `functionType`. With `namespace/*` it serves every type of the namespace for which
   * the module has no function of that very name (StateFun: the exact name first, then the namespace); `ctx.self.type`
   * says which it is. Each type is addressed by its own name, and an engine knows at most 4,096 such types.
   */
  readonly type: string | FunctionType<Message, Reply>;
  readonly state?: Specs;
  /** What happens when `invoke` throws; by default its message goes to the dead letters at once. */
  readonly failure?: FailurePolicy;
  /**
   * Handles one message. At most one invocation per address is under way; while an async one awaits, its address is
   * busy and its further messages wait in order. If it throws, nothing it did has happened.
   */
  invoke(ctx: Context<Specs, Reply>, message: Message): void | Promise<void>;
}

/** A function of a module. It is also its own `FunctionType`, so that it can be sent to. */
export interface StatefulFunction<Message, Reply = unknown, Specs extends StateSpecs = StateSpecs>
  extends FunctionType<Message, Reply>,
    FilledFunctionBounds,
    FunctionExtras {
  readonly kind: 'function';
  readonly state: Specs;
  readonly failure: FilledFailurePolicy;
  /** What its messages must satisfy; `invoke` gets what it makes of them. */
  readonly messages: AnySchema | undefined;
  invoke(ctx: Context<Specs, Reply>, message: Message): void | Promise<void>;
}

/** A function of whatever types, as a module holds it. */
// oxlint-disable-next-line typescript/no-explicit-any -- what accepts every message type in a list
export type AnyFunction = StatefulFunction<any, any, any>;

/** Names a function and its types apart from its code, for functions that address each other. */
export function functionType<Message, Reply = unknown>(type: string): FunctionType<Message, Reply> {
  return Object.freeze({ type: checkTypeName(type) });
}

const FIELDS = new Set(['type', 'state', 'failure', 'concurrency', 'deadline', 'messages', 'invoke']);
/** What one that was made before has besides, where it is spread into another. */
const MADE_FIELDS = ['deadlineMs'];
const STATE_KINDS: readonly unknown[] = ['value', 'table', 'list'] satisfies readonly AnyStateSpec['kind'][];
/** Longest name of a table or list, which stands in the key of each entry. */
const STATE_NAME_LENGTH_MAX = 256;

function checkState(type: string, name: string, spec: AnyStateSpec): void {
  if (!STATE_KINDS.includes(spec?.kind) || name === '__proto__') {
    throw new MillraceError('INVALID_DEFINITION', `${type}: state ${describe(name)} must be a spec such as value().`);
  }
  // Names with this character are the engine's own, and keys come back only if they are well-formed.
  const isPlain = !name.includes('\0') && name.isWellFormed();
  if (isPlain && (spec.kind === 'value' || name.length <= STATE_NAME_LENGTH_MAX)) return;
  const allowed = `well-formed, without the character 0, and for tables and lists of ${STATE_NAME_LENGTH_MAX} characters at most`;
  throw new MillraceError('INVALID_DEFINITION', `${type}: the name ${describe(name)} of a state must be ${allowed}.`);
}

/** A definition whose messages are checked: the schema says what they are. */
export interface CheckedFunctionDefinition<Schema extends AnySchema, Reply, Specs extends StateSpecs>
  extends Omit<FunctionDefinition<SchemaInput<Schema>, Reply, Specs>, 'invoke'> {
  /**
   * What a message must satisfy: any Standard Schema (zod, valibot, arktype, …) that answers at once. It is asked where a
   * message is sent, which throws `MESSAGE_INVALID` there, and again when it is delivered, since it may have been sent
   * by an earlier version of the code; `invoke` gets what it gives then.
   */
  readonly messages: Schema;
  /** As in `FunctionDefinition`. */
  invoke(ctx: Context<Specs, Reply>, message: SchemaOutput<Schema>): void | Promise<void>;
}

/**
 * Defines a stateful function. The message type is that of `invoke`'s second parameter (or of the token), or what the
 * schema in `messages` takes.
 *
 * @throws MillraceError `INVALID_TYPE_NAME` or `INVALID_DEFINITION`
 */
export function defineFunction<
  Schema extends AnySchema,
  Reply = unknown,
  const Specs extends StateSpecs = Record<never, never>,
>(definition: CheckedFunctionDefinition<Schema, Reply, Specs>): StatefulFunction<SchemaInput<Schema>, Reply, Specs>;
export function defineFunction<Message, Reply = unknown, const Specs extends StateSpecs = Record<never, never>>(
  definition: FunctionDefinition<Message, Reply, Specs>,
): StatefulFunction<Message, Reply, Specs>;
export function defineFunction(
  definition: FunctionDefinition<never, unknown, StateSpecs> & { readonly messages?: AnySchema | undefined },
): AnyFunction {
  checkDefinition('function', definition, FIELDS, MADE_FIELDS);
  const type = checkTypeName(typeof definition.type === 'string' ? definition.type : definition.type?.type);
  const { messages } = definition;
  const invoke = uncheckedInvoke(definition.invoke);
  if (typeof invoke !== 'function') {
    throw new MillraceError('INVALID_DEFINITION', `${type}: invoke must be a function, not ${describe(invoke)}.`);
  }
  if (messages !== undefined && !isSchema(messages)) {
    const what = `${type}: messages must be a Standard Schema, not ${describe(messages)}.`;
    throw new MillraceError('INVALID_DEFINITION', what);
  }
  const { state = {} } = definition;
  checkObject('INVALID_DEFINITION', `${type}: state`, state, 'specs such as value()');
  for (const [name, spec] of Object.entries(state)) checkState(type, name, spec);
  const failure = fillFailurePolicy(type, definition.failure);
  const bounds = fillFunctionBounds(type, definition);
  const checking = messages === undefined ? invoke : checkingInvoke(type, messages, invoke);
  return Object.freeze({ kind: 'function' as const, type, state, messages, failure, ...bounds, invoke: checking });
}
