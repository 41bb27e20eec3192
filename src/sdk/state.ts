/**
 * State specs: what a stateful function declares about the state of each of its entities. A spec holds no state; the
 * engine keeps one cell per spec and entity. `value` is the only kind so far.
 */
import type { Immutable } from './immutable.ts';

declare const valueOf: unique symbol;

/** One typed value. `Read` is what `ctx.state.x` gives, which without a default includes `undefined`. */
export interface ValueSpec<Value, Read = Value> {
  readonly kind: 'value';
  /** What an entity reads before its first write. Frozen, and shared by all entities. */
  readonly initial: unknown;
  readonly [valueOf]?: [Value, Read];
}

// oxlint-disable-next-line typescript/no-explicit-any -- the only bound that keeps the inference of each spec's own types
export type StateSpecs = Readonly<Record<string, ValueSpec<any, any>>>;

/**
 * The state of one entity as its function sees it: read and assign. A mapped type cannot let a property be assigned what
 * it never reads as, so values are cleared by `ctx.clear`; at run time, assigning `undefined` is the same.
 */
export type StateOf<Specs extends StateSpecs> = {
  -readonly [Name in keyof Specs]: Specs[Name] extends ValueSpec<infer _Value, infer Read> ? Immutable<Read> : never;
};

/**
 * Declares one value per entity.
 *
 * `ctx.state.x` reads it and `ctx.state.x = …` writes it; the write becomes visible when the invocation returns, or not
 * at all. Values are anything a message may hold. Without `initial`, an entity reads `undefined` until its first write.
 * `ctx.clear('x')` goes back to that, or to the initial value.
 */
export function value<Value>(): ValueSpec<Value, Value | undefined>;
export function value<Value>(options: { initial: Value }): ValueSpec<Value>;
export function value<Value>(options: { initial?: Value } = {}): ValueSpec<Value, Value | undefined> {
  return { kind: 'value', initial: options.initial };
}
