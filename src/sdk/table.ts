/**
 * Tables: state of many entries by key, StateFun's `PersistedTable` with an order. Each entry is loaded and stored by
 * itself, so an invocation costs what it touches, however large the table. A spec holds no state.
 */
import { describe, MillraceError } from './errors.ts';
import { type AnySchema, checkSchema, initialOf, type SchemaOutput, type WithSchema } from './schema.ts';
import type { Immutable } from './immutable.ts';
import { checkValueOptions, rulesOf, type ValueOptions, type ValueRules } from './value-rules.ts';

declare const entryOf: unique symbol;

/** Entries by key. `Read` is what `get` gives, which without a default includes `undefined`. */
export interface TableSpec<Value, Read = Value> extends ValueRules {
  readonly kind: 'table';
  /** What a key reads as that has no entry. Frozen, and shared by all. */
  readonly initial: unknown;
  readonly [entryOf]?: [Value, Read];
}

/** Which entries to go through; all that is given must hold. */
export interface TableRange {
  /** The first key. */
  readonly from?: string;
  /** The first key that is left out. */
  readonly before?: string;
  /** What all keys begin with. */
  readonly prefix?: string;
  /** How many at most. */
  readonly limit?: number;
}

/**
 * A table of the entity that is being invoked. It works as long as the invocation does (`CONTEXT_EXPIRED` afterwards).
 * An invocation sees its own changes; they happen when it returns, or not at all. Keys are well-formed strings of 1 to
 * 1,024 characters (`INVALID_KEY`), in the order of their code points.
 */
export interface Table<Value, Read = Value | undefined> {
  /** The value under a key; if there is none, `undefined` or the table's initial value. */
  get(key: string): Immutable<Read>;
  /** Whether there is an entry under this key; an initial value is none. */
  has(key: string): boolean;
  /** Sets the value under a key: anything that a message may hold. `undefined` deletes. */
  set(key: string, value: Immutable<Value>): void;
  /**
   * Removes the entry under a key, if there is one. An entity whose table was ever written has state for `ifExists`, even
   * without entries, until the table is cleared.
   */
  delete(key: string): void;
  /** Removes all entries, at the same cost for any number that is stored. */
  clear(): void;
  /**
   * The entries in the order of their keys, as they are at the time of the call: what the invocation changes meanwhile
   * does not show. They are read from disk in groups, which takes time, so only an async function can go through them.
   */
  entries(range?: TableRange): AsyncIterableIterator<[key: string, value: Immutable<Value>]>;
  /** The keys of `entries`. */
  keys(range?: TableRange): AsyncIterableIterator<string>;
  /** The values of `entries`. */
  values(range?: TableRange): AsyncIterableIterator<Immutable<Value>>;
}

/** Longest key of a table, in UTF-16 code units (`String.length`). */
export const TABLE_KEY_LENGTH_MAX = 1024;

/**
 * Declares a table per entity: `ctx.state.x.get(key)`, `has`, `set`, `delete`, `clear`, and in an async function the
 * ordered `entries`, `keys` and `values`. With `initial`, a key without entry reads as that. With `schema`, an entry is
 * checked when it is set, and when it is read. With `version`, each entry has the version that it was set with, and is
 * brought up to date when it is read. With `expire`, each entry expires by itself; with `since: 'access'` it is `get`
 * that keeps it alive, and not `has` or going through the entries.
 */
export function table<Value>(): TableSpec<Value, Value | undefined>;
export function table<Schema extends AnySchema>(
  options: ValueOptions & WithSchema<Schema> & { readonly initial: NoInfer<SchemaOutput<Schema>> },
): TableSpec<SchemaOutput<Schema>>;
export function table<Schema extends AnySchema>(
  options: ValueOptions & WithSchema<Schema> & { readonly initial?: undefined },
): TableSpec<SchemaOutput<Schema>, SchemaOutput<Schema> | undefined>;
export function table<Value>(
  options: ValueOptions & { readonly initial: Value; readonly schema?: undefined },
): TableSpec<Value>;
export function table<Value>(
  options: ValueOptions & { readonly initial?: undefined; readonly schema?: undefined },
): TableSpec<Value, Value | undefined>;
export function table(
  options: ValueOptions & { readonly schema?: AnySchema | undefined; readonly initial?: unknown } = {},
): TableSpec<unknown> {
  checkValueOptions('table()', options, 'initial');
  checkSchema('table()', options.schema);
  const initial = initialOf('table()', options.schema, options.initial);
  return { kind: 'table', initial, ...rulesOf('table()', options) };
}

/** Returns `key` when a table can have it, else throws `INVALID_KEY`. */
export function checkTableKey(key: unknown): string {
  if (typeof key === 'string' && key.length > 0 && key.length <= TABLE_KEY_LENGTH_MAX && key.isWellFormed()) return key;
  const allowed = `a key is a well-formed string of 1 to ${TABLE_KEY_LENGTH_MAX} characters`;
  throw new MillraceError('INVALID_KEY', `The key ${describe(key)} is not allowed: ${allowed}.`);
}

/** Throws `INVALID_KEY` unless this is a range. */
export function checkTableRange(range: TableRange): void {
  for (const [name, bound] of Object.entries(range as Record<string, unknown>)) {
    if (bound === undefined) continue;
    if (name === 'limit') {
      if (typeof bound === 'number' && bound >= 0) continue;
    } else if (name === 'from' || name === 'before' || name === 'prefix') {
      if (typeof bound === 'string' && bound.isWellFormed()) continue;
    }
    const allowed = 'a range has from, before and prefix, well-formed strings, and limit, a number from 0';
    throw new MillraceError('INVALID_KEY', `The range's ${name} is ${describe(bound)}: ${allowed}.`);
  }
}
