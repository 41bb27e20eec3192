/**
 * What a state with a version, a schema or an expiration does to the values of its cells: which ones it lets in, how it
 * brings older ones up to date, and when they expire. It holds no state, and asks no clock.
 */
import { MillraceError } from '../sdk/errors.ts';
import { checkWith } from '../sdk/schema.ts';
import type { StateSpecs } from '../sdk/state.ts';
import { hasRules, type ValueRules } from '../sdk/value-rules.ts';
import { KeptValue, NEVER } from './kept-value.ts';

/** Reading that keeps a value alive is written down when more than this part of its time has passed. */
const REFRESH_PARTS = 10;

/** Throws if a value cannot be state. */
export type AdmitValue = (value: unknown) => void;

/** Which entry of a table, or which element of a list, for errors that name it; undefined for a value. */
export type PartOfState = string | number | (() => number) | undefined;

export function slackOf(rules: ValueRules | undefined): number {
  return Math.ceil((rules?.expiration?.afterMs ?? 1) / REFRESH_PARTS);
}

export class CellGuard {
  readonly #type: string;
  readonly #name: string;
  readonly #spec: ValueRules;

  constructor(type: string, name: string, spec: ValueRules) {
    this.#type = type;
    this.#name = name;
    this.#spec = spec;
  }

  get expires(): boolean {
    return this.#spec.expiration !== undefined || this.#spec.parts !== undefined;
  }

  get isVersioned(): boolean {
    return this.#spec.version > 1;
  }

  /** How much later than it must something may be removed, so that not every write moves when that is; at least 1. */
  get slackMs(): number {
    return slackOf(this.#spec);
  }

  /** The value as it is to be kept that somebody assigns. Throws `STATE_INVALID`, or what `admit` throws. */
  accept(value: unknown, id: string, now: number, admit: AdmitValue, part?: PartOfState): KeptValue {
    const { schema, version } = this.#spec;
    let accepted = value;
    if (schema !== undefined) {
      const checked = checkWith(schema, value);
      if (checked.refusal !== undefined) {
        throw this.#invalid(this.#place(id, part), 'the value that was assigned', checked.refusal);
      }
      accepted = checked.value;
    }
    this.#admit(accepted, id, admit, part);
    return new KeptValue(accepted, version, this.#deadlineOf(accepted, now), true);
  }

  #deadlineOf(value: unknown, now: number): number {
    const { parts } = this.#spec;
    return parts === undefined ? this.deadlineAt(now) : parts.nextDeadline(value);
  }

  /** What is left of a value whose time has come: nothing, unless only parts of it expire. */
  left({ value, version, isOpen }: KeptValue, now: number): KeptValue | undefined {
    const { parts } = this.#spec;
    const left = parts?.left(value, now);
    if (parts === undefined || left === undefined) return undefined;
    return new KeptValue(left, version, parts.nextDeadline(left), isOpen);
  }

  /**
   * The value, of the version that the code knows. Throws `STATE_MIGRATION_FAILED` or `STATE_INVALID`, with nothing
   * changed.
   */
  open(kept: KeptValue, id: string, admit: AdmitValue, part?: PartOfState): unknown {
    if (kept.isOpen) return kept.value;
    const { schema, version } = this.#spec;
    this.refuseNewer(kept, id, part);
    let { value } = kept;
    if (kept.version < version) value = this.#migrated(kept, id, admit, part);
    if (schema !== undefined) {
      const checked = checkWith(schema, value);
      if (checked.refusal !== undefined) {
        const what = kept.version < version ? 'the migrated value' : 'the stored value';
        throw this.#invalid(this.#place(id, part), what, checked.refusal, kept.version);
      }
      value = checked.value;
      this.#admit(value, id, admit, part);
    }
    kept.value = value;
    kept.version = version;
    kept.isOpen = true;
    return value;
  }

  /** Throws if a later version of the code has written it: what is assigned now would be less than what is lost. */
  refuseNewer(kept: KeptValue, id: string, part?: PartOfState): void {
    if (kept.version <= this.#spec.version) return;
    const reason = 'a later version of the code has written it';
    throw this.#failed(this.#place(id, part), kept.version, kept.version, reason);
  }

  #migrated(kept: KeptValue, id: string, admit: AdmitValue, part: PartOfState): unknown {
    const { migrate, version } = this.#spec;
    let { value } = kept;
    for (let from = kept.version; from < version; from++) {
      const step = migrate[from];
      if (step === undefined) {
        throw this.#failed(this.#place(id, part), kept.version, from, `there is no step from version ${from}`);
      }
      try {
        value = step(value);
        if (value === undefined) throw new TypeError('it returned nothing');
        admit(value);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const what = `the step from version ${from} failed: ${reason}`;
        throw this.#failed(this.#place(id, part), kept.version, from, what, cause);
      }
    }
    return value;
  }

  /** When a value expires that is written or read now. */
  deadlineAt(now: number): number {
    const { expiration } = this.#spec;
    if (expiration === undefined) return NEVER;
    const { afterMs, onAccess } = expiration;
    return now + (onAccess ? afterMs + Math.ceil(afterMs / REFRESH_PARTS) : afterMs);
  }

  /**
   * Whether a value that is read now would expire too early if that were not written down, or never, because it is from
   * before its state had an expiration.
   */
  wantsRenewal({ deadline }: KeptValue, now: number): boolean {
    const { expiration } = this.#spec;
    if (expiration === undefined) return false;
    return deadline === NEVER || (expiration.onAccess && deadline < now + expiration.afterMs);
  }

  /** An open value, as if it had been assigned now. */
  renewed({ value, version }: KeptValue, now: number): KeptValue {
    return new KeptValue(value, version, this.deadlineAt(now), true);
  }

  #admit(value: unknown, id: string, admit: AdmitValue, part: PartOfState): void {
    try {
      admit(value);
    } catch (error) {
      refuseState(error, this.#place(id, part));
    }
  }

  #place(id: string, part: PartOfState): PlaceInState {
    return placeInState(this.#type, id, this.#name, part);
  }

  #invalid(place: PlaceInState, what: string, refusal: string, version: number = this.#spec.version): MillraceError {
    const details = { ...place, version };
    return new MillraceError('STATE_INVALID', `${describePlace(place)}: ${what} is refused: ${refusal}`, { details });
  }

  #failed(place: PlaceInState, stored: number, from: number, reason: string, cause?: unknown): MillraceError {
    const { version } = this.#spec;
    const details = { ...place, storedVersion: stored, version, from };
    const versions = `the stored value has version ${stored}, the code has version ${version}`;
    const what = `${describePlace(place)}: ${versions}: ${reason}`;
    return new MillraceError('STATE_MIGRATION_FAILED', what, { cause, details });
  }
}

/** What errors say of where a value is. */
export interface PlaceInState {
  readonly type: string;
  readonly id: string;
  readonly state: string;
  /** The key of a table's entry, or the index of a list's element. */
  readonly key?: string | number;
}

export function placeInState(type: string, id: string, state: string, part?: PartOfState): PlaceInState {
  const place = { type, id, state };
  return part === undefined ? place : { ...place, key: typeof part === 'function' ? part() : part };
}

/** Says of a value that cannot be state where it was to be kept; whatever else was thrown is thrown again. */
export function refuseState(error: unknown, place: PlaceInState): never {
  if (!(error instanceof MillraceError) || error.code !== 'MESSAGE_NOT_ENCODABLE') throw error;
  const { code, message, details, cause } = error;
  throw new MillraceError(code, `${describePlace(place)}: ${message}`, { cause, details: { ...details, ...place } });
}

function describePlace({ type, id, state, key }: PlaceInState): string {
  const part = key === undefined ? '' : typeof key === 'number' ? `, element ${key}` : `, entry ${JSON.stringify(key)}`;
  return `${type} ${JSON.stringify(id)}, state ${JSON.stringify(state)}${part}`;
}

const NO_RULES: ValueRules = { schema: undefined, version: 1, migrate: {}, expiration: undefined };

/** The guard of the entries of a table, or the elements of a list; of those of which nothing is said, too. */
export function entryGuard(type: string, name: string, rules: ValueRules = NO_RULES): CellGuard {
  return new CellGuard(type, name, rules);
}

/** By cell, the guard of a state that needs one; undefined for a function none of whose states does. */
export function cellGuards(type: string, specs: StateSpecs): readonly (CellGuard | undefined)[] | undefined {
  const guards = Object.entries(specs).map(([name, spec]) => {
    // What expires with its entries is the cell that says that there may be some.
    if (spec.kind !== 'value') return spec.expiration && new CellGuard(type, name, NO_RULES);
    return hasRules(spec) ? new CellGuard(type, name, spec) : undefined;
  });
  return guards.every((guard) => guard === undefined) ? undefined : guards;
}

/** Guards for all values, where some were met that only a guard can read: of a later version, or with a deadline. */
export function allGuards(type: string, specs: StateSpecs): readonly (CellGuard | undefined)[] {
  return Object.entries(specs).map(([name, spec]) =>
    spec.kind === 'value' ? new CellGuard(type, name, spec) : undefined,
  );
}
