/**
 * Lists: state that grows at its end, StateFun's `PersistedAppendingBuffer`. Appending costs what is appended, however
 * long the list: each element is loaded and stored by itself. A spec holds no state.
 */
import { type AnySchema, checkSchema, type SchemaOutput, type WithSchema } from './schema.ts';
import type { Immutable } from './immutable.ts';
import { checkValueOptions, rulesOf, type ValueOptions, type ValueRules } from './value-rules.ts';

declare const elementOf: unique symbol;

/** Elements in the order in which they were appended. */
export interface ListSpec<Element> extends ValueRules {
  readonly kind: 'list';
  readonly [elementOf]?: [Element];
}

/**
 * A list of the entity that is being invoked. It works as long as the invocation does (`CONTEXT_EXPIRED` afterwards). An
 * invocation sees its own changes; they happen when it returns, or not at all. Elements are anything that a message may
 * hold, but not `undefined` (`MESSAGE_NOT_ENCODABLE`). A list that was never written is empty.
 */
export interface List<Element> {
  readonly length: number;
  append(element: Immutable<Element>): void;
  /** Appends all, or none if one of them cannot be stored. No elements: nothing happens. */
  appendAll(elements: Iterable<Immutable<Element>>): void;
  /** The list then has these elements alone. No elements: the same as `clear`. */
  replaceWith(elements: Iterable<Immutable<Element>>): void;
  /** The elements from the first to the last, each read when it comes up. What is appended meanwhile is left out. */
  view(): Iterable<Immutable<Element>>;
  /** Removes all elements, at the same cost for any number that is stored. */
  clear(): void;
}

/**
 * Declares a list per entity: `ctx.state.x.append(…)`, `appendAll`, `replaceWith`, `view`, `length`, `clear`. With
 * `schema`, an element is checked when it is given, and when it is read. With `version`, each element has the version
 * that it was appended with, and is brought up to date when it is read. With `expire`, each element expires by itself,
 * but none before an older one; with `since: 'access'`, `view` keeps all of them alive, and `length` does not.
 */
export function list<Element>(options?: ValueOptions & { readonly schema?: undefined }): ListSpec<Element>;
export function list<Schema extends AnySchema>(
  options: ValueOptions & WithSchema<Schema>,
): ListSpec<SchemaOutput<Schema>>;
export function list(options: ValueOptions & { readonly schema?: AnySchema | undefined } = {}): ListSpec<unknown> {
  checkValueOptions('list()', options);
  checkSchema('list()', options.schema);
  return { kind: 'list', ...rulesOf('list()', options) };
}
