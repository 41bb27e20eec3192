/**
 * `value`: the spec of one typed value per entity, with all that may be said about it: what it reads as before it is
 * written, what it must satisfy, which version of it the code knows, and when it expires.
 */
import { type Duration, durationMs } from './duration.ts';
import { describe, MillraceError } from './errors.ts';
import { type AnySchema, checkSchema, initialOf, type SchemaOutput, type WithSchema } from './schema.ts';
import type { ValueSpec } from './state.ts';

/** When a value is forgotten by itself. StateFun: AFTER_WRITE and AFTER_READ_OR_WRITE; leave it out for NONE. */
export interface ExpireOptions {
  /** How long it lives: milliseconds, or a text such as `'30 days'`. More than 0. */
  readonly after: Duration;
  /**
   * What it is counted from. `'write'` (default): the last time it was assigned; it is gone on the millisecond.
   * `'access'`: the last time it was read or assigned; never earlier, and up to a tenth of `after` later, so that not
   * every reading has to be written down.
   */
  readonly since?: 'write' | 'access';
}

// oxlint-disable-next-line typescript/no-explicit-any -- what it was is for the step to say; nobody else knows any more
export type Migration = (value: any) => unknown;

export interface ValueOptions {
  /** Which version of the value this code reads and writes, from 1 (default) to 65,535. Stored with every value. */
  readonly version?: number;
  /**
   * By version, what makes a value of that version one of the next: `{ 1: (v1) => v2, 2: (v2) => v3 }` for version 3.
   * Applied when an entity reads an older value. See `checkMigrations`.
   */
  readonly migrate?: Readonly<Record<number, Migration>>;
  /** Without it a value is kept until it is cleared. */
  readonly expire?: ExpireOptions;
}

export const VALUE_VERSION_MAX = 0xffff;

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
  const { schema, version = 1, migrate = {}, expire } = options;
  if (!isVersion(version)) refuse(`version must be a whole number from 1 to ${VALUE_VERSION_MAX}`, version);
  checkSteps(version, migrate);
  checkSchema('value()', schema);
  const initial = initialOf('value()', schema, options.initial);
  return { kind: 'value', initial, schema, version, migrate, expiration: expire && expirationOf(expire) };
}

function isVersion(version: unknown): boolean {
  return Number.isInteger(version) && (version as number) >= 1 && (version as number) <= VALUE_VERSION_MAX;
}

/** Steps may be missing, where no such value is left; one that leads beyond the version is a mistake. */
function checkSteps(version: number, migrate: Readonly<Record<number, Migration>>): void {
  for (const [from, step] of Object.entries(migrate)) {
    if (typeof step !== 'function') refuse(`migrate[${from}] must be a function`, step);
    if (!isVersion(Number(from)) || Number(from) >= version) {
      refuse(`a step of migrate begins at a version from 1 to ${version - 1}, which is below version ${version}`, from);
    }
  }
}

function expirationOf({ after, since = 'write' }: ExpireOptions): ValueSpec<unknown>['expiration'] {
  const afterMs = durationMs(after, 'expire.after');
  if (afterMs === 0) refuse('expire.after must be more than 0', after);
  if (since !== 'write' && since !== 'access') refuse("expire.since must be 'write' or 'access'", since);
  return { afterMs, onAccess: since === 'access' };
}

function refuse(rule: string, given: unknown): never {
  throw new MillraceError('INVALID_DEFINITION', `value(): ${rule}; given: ${describe(given)}.`);
}
