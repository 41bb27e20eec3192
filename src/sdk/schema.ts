/**
 * Schemas: anything with the interface of Standard Schema (standardschema.dev), which zod, valibot, arktype and others
 * have. Only the interface is here; which library it is does not matter, and the engine needs none of them.
 *
 * A schema is asked where a value enters, and must answer at once: an answer that is a promise counts as a refusal.
 */
import { describe, MillraceError } from './errors.ts';

/** What a schema says is wrong with a value. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** A schema of any library that implements Standard Schema, version 1. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- the only bound that keeps the inference of a schema's own types
export type AnySchema = StandardSchema<any, any>;

/** What a schema takes. */
export type SchemaInput<Schema extends AnySchema> = NonNullable<Schema['~standard']['types']>['input'];
/** What it makes of that. */
export type SchemaOutput<Schema extends AnySchema> = NonNullable<Schema['~standard']['types']>['output'];

export interface WithSchema<Schema extends AnySchema> {
  /**
   * What a value must satisfy: any Standard Schema (zod, valibot, arktype, …) that answers at once. It is asked when the
   * value is assigned and when it has come from disk, and what it gives is kept; so it must accept what it gives.
   */
  readonly schema: Schema;
}

/** What a schema has made of a value, or why it refuses it. */
export type Checked = { readonly value: unknown; readonly refusal?: undefined } | { readonly refusal: string };

/** Issues that are told; a large value may have very many. */
const ISSUES_MAX = 5;

export function isSchema(value: unknown): value is AnySchema {
  const standard: unknown = (value as { '~standard'?: unknown } | null | undefined)?.['~standard'];
  return typeof (standard as { validate?: unknown } | null | undefined)?.validate === 'function';
}

export function checkWith(schema: AnySchema, value: unknown): Checked {
  let result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>;
  try {
    result = schema['~standard'].validate(value);
  } catch (error) {
    return { refusal: `its schema threw ${error instanceof Error ? error.message : describe(error)}` };
  }
  if (result instanceof Promise) {
    // Nobody waits for it, so nobody is to be told that it failed.
    result.catch(() => {});
    return { refusal: 'its schema answers with a promise, and only schemas that answer at once can be used' };
  }
  return result.issues === undefined ? { value: result.value } : { refusal: issuesText(result.issues) };
}

function issuesText(issues: readonly SchemaIssue[]): string {
  const told = issues.slice(0, ISSUES_MAX).map(({ message, path }) => {
    const place = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
    return place === '' ? message : `${message} (at ${place})`;
  });
  const rest = issues.length - told.length;
  return `${told.join('; ') || 'its schema refuses it'}${rest > 0 ? `; and ${rest} more` : ''}`;
}

/** Throws `INVALID_DEFINITION` unless it is a schema, or none. */
export function checkSchema(what: string, schema: unknown): void {
  if (schema === undefined || isSchema(schema)) return;
  throw new MillraceError('INVALID_DEFINITION', `${what}: schema must be a Standard Schema, not ${describe(schema)}.`);
}

/** The initial value as the schema makes it. Throws `INVALID_DEFINITION` if it refuses it. */
export function initialOf(what: string, schema: AnySchema | undefined, initial: unknown): unknown {
  if (schema === undefined || initial === undefined) return initial;
  const checked = checkWith(schema, initial);
  if (checked.refusal === undefined) return checked.value;
  const reason = `the initial value ${describe(initial)} does not satisfy the schema: ${checked.refusal}`;
  throw new MillraceError('INVALID_DEFINITION', `${what}: ${reason}`);
}
