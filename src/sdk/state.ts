/**
 * State specs: what a stateful function declares about the state of each of its entities. A spec holds no state; the
 * engine keeps it per spec and entity. A `value` is one value, loaded and stored with its entity; a `table` (see
 * `table.ts`) and a `list` (see `list.ts`) are many, each loaded and stored by itself.
 */
import type { Immutable } from './immutable.ts';
import type { List, ListSpec } from './list.ts';
import type { Table, TableSpec } from './table.ts';
import type { ValueRules } from './value-rules.ts';

declare const valueOf: unique symbol;

/** One typed value. `Read` is what `ctx.state.x` gives, which without a default includes `undefined`. */
export interface ValueSpec<Value, Read = Value> extends ValueRules {
  readonly kind: 'value';
  /** What an entity reads before its first write. Frozen, and shared by all entities. */
  readonly initial: unknown;
  readonly [valueOf]?: [Value, Read];
}

// oxlint-disable-next-line typescript/no-explicit-any -- the only bound that keeps the inference of each spec's own types
export type AnyStateSpec = ValueSpec<any, any> | TableSpec<any, any> | ListSpec<any>;

export type StateSpecs = Readonly<Record<string, AnyStateSpec>>;

type NamesOf<Specs extends StateSpecs, Kind extends AnyStateSpec['kind']> = {
  [Name in keyof Specs]: Specs[Name]['kind'] extends Kind ? Name : never;
}[keyof Specs];

/**
 * The state of one entity as its function sees it. Values are read and assigned. A mapped type cannot let a property be
 * assigned what it never reads as, so values are cleared by `ctx.clear`; at run time, assigning `undefined` is the same.
 * Tables and lists have methods and cannot be assigned.
 */
export type StateOf<Specs extends StateSpecs> = string extends keyof Specs
  ? // Of a function that is not known more closely.
    // oxlint-disable-next-line typescript/no-explicit-any -- whatever it declares
    Record<string, any>
  : {
      -readonly [Name in NamesOf<Specs, 'value'>]: Specs[Name] extends ValueSpec<infer _Value, infer Read>
        ? Immutable<Read>
        : never;
    } & {
      readonly [Name in NamesOf<Specs, 'table' | 'list'>]: HandleOf<Specs[Name]>;
    };

type HandleOf<Spec> =
  Spec extends TableSpec<infer Value, infer Read>
    ? Table<Value, Read>
    : Spec extends ListSpec<infer Element>
      ? List<Element>
      : never;
