/**
 * `value`: the spec of one typed value per entity, with all that may be said about it: what it reads as before it is
 * written, what it must satisfy, which version of it the code knows, and when it expires.
 */
import { type AnySchema, checkSchema, initialOf, type SchemaOutput, type WithSchema } from './schema.ts';
import type { ValueSpec } from './state.ts';
import { checkValueOptions, rulesOf, type ValueOptions } from './value-rules.ts';

/**
 * Declares one value per entity.
 *
 * `ctx.state.x` reads it and `ctx.state.x = …` writes it; the write becomes visible when the invocation returns, or not
 * at all. Values are anything a message may hold. Without `initial`, an entity reads `undefined` until its first write.
 * `ctx.clear('x')` goes back to that, or to the initial value.
 *
 * @throws MillraceError `INVALID_DEFINITION`
 */
export function value<Value>(): ValueSpec<Value, Value | undefined>;
export function value<Schema extends AnySchema>(
  options: ValueOptions & WithSchema<Schema> & { readonly initial: NoInfer<SchemaOutput<Schema>> },
): ValueSpec<SchemaOutput<Schema>>;
export function value<Schema extends AnySchema>(
  options: ValueOptions & WithSchema<Schema> & { readonly initial?: undefined },
): ValueSpec<SchemaOutput<Schema>, SchemaOutput<Schema> | undefined>;
export function value<Value>(
  options: ValueOptions & { readonly initial: Value; readonly schema?: undefined },
): ValueSpec<Value>;
export function value<Value>(
  options: ValueOptions & { readonly initial?: undefined; readonly schema?: undefined },
): ValueSpec<Value, Value | undefined>;
export function value(
  options: ValueOptions & { readonly initial?: unknown; readonly schema?: AnySchema | undefined } = {},
): ValueSpec<unknown> {
  checkValueOptions('value()', options, 'initial');
  checkSchema('value()', options.schema);
  const initial = initialOf('value()', options.schema, options.initial);
  return { kind: 'value', initial, ...rulesOf('value()', options) };
}
