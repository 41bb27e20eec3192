/**
 * What a program says when it serves its functions to a StateFun cluster, with the defaults. Nothing here knows HTTP.
 */
import type { Address } from '../sdk/address.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { checkFields, checkObject, namesOf } from '../sdk/known-fields.ts';
import type { Module } from '../sdk/module.ts';
import { isTypeLike, type TypeLike } from '../statefun/type.ts';
import type { TypedValue } from '../statefun/typed-value.ts';
import { OUTSIDE_LIMITS } from '../wire/outside-value.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- what accepts a type of whatever values
export type AnyType = TypeLike<any>;

/** What is made of a message or a record on its way out: a value of a type, or what a function makes of it. */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever is sent there
export type OutboundRule = AnyType | ((value: any) => TypedValue);

export interface EndpointLimits {
  /** Bytes of a request; default 32 MiB. */
  readonly requestBytesMax?: number;
  /** Items that one message or state may hold in all, on all its levels; default 1,000,000. */
  readonly itemCountMax?: number;
  /**
   * Milliseconds that a response waits for what its invocations have begun with `ctx.async`; default 30,000. What has not
   * ended by then gives the result `unknown`. It must be less than what the cluster has for a call (`timeouts.call`).
   */
  readonly operationMs?: number;
}

/** Something that whoever runs the endpoint should know. */
export interface EndpointEvent {
  readonly level: 'warning' | 'error';
  readonly text: string;
  /** Whose request it was about, as far as that is known. */
  readonly target: Address | undefined;
  /** What was thrown. */
  readonly error: unknown;
}

export interface EndpointOptions {
  /** Its functions are served. Its ingresses, routers and sinks are not used: the cluster has its own. */
  readonly module: Module;
  /**
   * Types of other programs: messages of them arrive as the values that they hold. What has a type that is not listed
   * arrives as a `TypedValue`. The built-in types, and what our functions send each other, need no entry.
   */
  readonly types?: readonly AnyType[];
  /**
   * By function type, or `namespace/*`: what the messages are made into that functions in other languages get from ours.
   * Without an entry, texts, booleans, numbers and bigints go as the built-in types, and everything else as
   * `millrace/value`, which only our functions read.
   */
  readonly sends?: Readonly<Record<string, OutboundRule>>;
  /** By egress: what its records are made into, such as records of Kafka. Without an entry, as for messages. */
  readonly egresses?: Readonly<Record<string, OutboundRule>>;
  /**
   * By function type and state: the type of the state, if it is to be kept as one that others can read. Without an entry
   * it is `millrace/value`. It must stay the same for as long as the cluster keeps the state.
   */
  readonly states?: Readonly<Record<string, Readonly<Record<string, AnyType>>>>;
  /** Gets what fails, with its reason, which is never in a response. By default it is written to standard error. */
  readonly log?: (event: EndpointEvent) => void;
  readonly limits?: EndpointLimits;
  /** Whether state values are frozen; by default, as in the engine, unless `NODE_ENV` is `production`. */
  readonly development?: boolean;
}

export type FilledOptions = Required<Omit<EndpointOptions, 'limits'>> & { readonly limits: Required<EndpointLimits> };

const FIELDS = namesOf<EndpointOptions>(
  'module',
  'types',
  'sends',
  'egresses',
  'states',
  'log',
  'limits',
  'development',
);
const LIMIT_FIELDS = namesOf<EndpointLimits>('requestBytesMax', 'itemCountMax', 'operationMs');
const REQUEST_BYTES_MAX = 32 << 20;
const OPERATION_MS = 30_000;
/** What a timer of Node can be set to. */
const OPERATION_MS_MAX = 2 ** 31 - 1;

/** Fills in defaults. Throws `INVALID_DEFINITION`. */
export function fillOptions(given: EndpointOptions): FilledOptions {
  checkFields('INVALID_DEFINITION', 'The argument of createStatefunHandler', given, FIELDS);
  const limits = fillLimits(given.limits);
  if ((given.module as Partial<Module> | undefined)?.kind !== 'module') {
    refuse('module', given.module, 'what defineModule has given');
  }
  const { types = [], sends = {}, egresses = {}, states = {}, log = writeToStandardError } = given;
  if (!Array.isArray(types)) refuse('types', types, 'a list of types');
  types.forEach((type, index) => checkType(`types[${index}]`, type));
  checkEach('sends', sends, checkRule);
  checkEach('egresses', egresses, checkRule);
  checkEach('states', states, (what, ofFunction) => checkEach(what, ofFunction, checkType));
  if (typeof log !== 'function') refuse('log', log, 'a function');
  const { development = process.env['NODE_ENV'] !== 'production' } = given;
  if (typeof development !== 'boolean') refuse('development', development, 'true or false');
  return { module: given.module, types, sends, egresses, states, log, limits, development };
}

function fillLimits(given: EndpointLimits = {}): Required<EndpointLimits> {
  checkFields('INVALID_DEFINITION', 'createStatefunHandler: limits', given, LIMIT_FIELDS);
  const { requestBytesMax = REQUEST_BYTES_MAX, itemCountMax = OUTSIDE_LIMITS.itemCountMax } = given;
  const { operationMs = OPERATION_MS } = given;
  const limits = { requestBytesMax, itemCountMax, operationMs };
  for (const [name, limit] of Object.entries(limits)) {
    if (!(Number.isSafeInteger(limit) && limit > 0)) refuse(`limits.${name}`, limit, 'a whole number from 1 on');
  }
  return { ...limits, operationMs: Math.min(operationMs, OPERATION_MS_MAX) };
}

/** Checks all that is said by name. */
function checkEach<Each>(
  what: string,
  named: Readonly<Record<string, Each>>,
  check: (what: string, given: Each) => void,
): void {
  checkObject('INVALID_DEFINITION', `createStatefunHandler: ${what}`, named, 'what is said by name');
  for (const [name, given] of Object.entries(named)) check(`${what}["${name}"]`, given);
}

function checkType(what: string, type: unknown): void {
  if (!isTypeLike(type)) refuse(what, type, 'a type, with typename, serialize and deserialize');
}

function checkRule(what: string, rule: OutboundRule): void {
  if (typeof rule !== 'function') checkType(what, rule);
}

function refuse(what: string, given: unknown, allowed: string): never {
  throw new MillraceError(
    'INVALID_DEFINITION',
    `createStatefunHandler: ${what} is ${describe(given)}, not ${allowed}.`,
  );
}

function writeToStandardError({ level, text, error }: EndpointEvent): void {
  const stack = error instanceof Error ? `\n${error.stack ?? error.message}` : '';
  process.stderr.write(`millrace endpoint, ${level}: ${text}${stack}\n`);
}
