/**
 * What may be said about values, wherever they are kept, as the value of a state, the entry of a table or the element of
 * a list: which version the code knows and how older ones are brought up to date, what they must satisfy, and when they
 * expire.
 */
import { type Duration, durationMs } from './duration.ts';
import { describe, MillraceError } from './errors.ts';
import { checkFields, checkObject, namesOf } from './known-fields.ts';
import type { AnySchema } from './schema.ts';

/**
 * How parts of one value expire, each at a time of its own, which the value says. For functions of the engine's own
 * making.
 */
export interface PartsExpiry {
  /** When the first of its parts expires, in milliseconds since 1970; infinite if none does. */
  nextDeadline(value: unknown): number;
  /** What is left of it at `now`; undefined if nothing is. */
  left(value: unknown, now: number): unknown;
}

/** The same as the engine knows it. */
export interface ValueRules {
  /** What it must satisfy. */
  readonly schema: AnySchema | undefined;
  /** Of the values that this code reads and writes; those of version 1 are stored without a number. */
  readonly version: number;
  /** By version, the step to the next. */
  readonly migrate: Readonly<Record<number, (value: unknown) => unknown>>;
  /** When it is forgotten: so long after it was written, or also after it was read. */
  readonly expiration: { readonly afterMs: number; readonly onAccess: boolean } | undefined;
  /** When parts of it are forgotten. */
  readonly parts?: PartsExpiry | undefined;
}

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
   * Applied when an older value, entry or element is read. See `checkMigrations`.
   */
  readonly migrate?: Readonly<Record<number, Migration>>;
  /** Without it a value is kept until it is cleared. In a table each entry expires by itself, in a list each element. */
  readonly expire?: ExpireOptions;
}

/** The highest version of a value. */
export const VALUE_VERSION_MAX = 0xffff;

/** What `value`, `table` and `list` take; `initial` is for the first two. */
const FIELDS = ['schema', 'version', 'migrate', 'expire'];
const EXPIRE_FIELDS = namesOf<ExpireOptions>('after', 'since');

/** Throws `INVALID_DEFINITION`. */
export function checkValueOptions(what: string, options: unknown, ...more: readonly string[]): void {
  checkFields('INVALID_DEFINITION', `The argument of ${what}`, options, new Set([...more, ...FIELDS]));
}

/** Throws `INVALID_DEFINITION`. */
export function rulesOf(what: string, options: ValueOptions & { readonly schema?: AnySchema | undefined }): ValueRules {
  const { schema, version = 1, migrate = {}, expire } = options;
  if (!isVersion(version)) refuse(what, `version must be a whole number from 1 to ${VALUE_VERSION_MAX}`, version);
  checkObject('INVALID_DEFINITION', `${what}: migrate`, migrate, 'a function for each older version');
  checkSteps(what, version, migrate);
  return { schema, version, migrate, expiration: expire === undefined ? undefined : expirationOf(what, expire) };
}

/** Whether anything is said of these values. */
export function hasRules({ schema, version, expiration, parts }: ValueRules): boolean {
  return schema !== undefined || version > 1 || expiration !== undefined || parts !== undefined;
}

/** Whether any of them, or of their parts, may expire. */
export function canExpire({ expiration, parts }: Pick<ValueRules, 'expiration' | 'parts'>): boolean {
  return expiration !== undefined || parts !== undefined;
}

function isVersion(version: unknown): boolean {
  return Number.isInteger(version) && (version as number) >= 1 && (version as number) <= VALUE_VERSION_MAX;
}

/** Steps may be missing, where no such value is left; one that leads beyond the version is a mistake. */
function checkSteps(what: string, version: number, migrate: Readonly<Record<number, Migration>>): void {
  for (const [from, step] of Object.entries(migrate)) {
    if (typeof step !== 'function') refuse(what, `migrate[${from}] must be a function`, step);
    if (!isVersion(Number(from)) || Number(from) >= version) {
      refuse(
        what,
        `a step of migrate begins at a version from 1 to ${version - 1}, which is below version ${version}`,
        from,
      );
    }
  }
}

function expirationOf(what: string, expire: ExpireOptions): ValueRules['expiration'] {
  checkFields('INVALID_DEFINITION', `${what}: expire`, expire, EXPIRE_FIELDS);
  const { after, since = 'write' } = expire;
  const afterMs = durationMs(after, 'expire.after');
  if (afterMs === 0) refuse(what, 'expire.after must be more than 0', after);
  if (since !== 'write' && since !== 'access') refuse(what, "expire.since must be 'write' or 'access'", since);
  return { afterMs, onAccess: since === 'access' };
}

function refuse(what: string, rule: string, given: unknown): never {
  throw new MillraceError('INVALID_DEFINITION', `${what}: ${rule}; given: ${describe(given)}.`);
}
