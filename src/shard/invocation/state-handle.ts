/**
 * What a table and a list of one invocation have in common: their rows, and that they work as long as the invocation
 * does. A handle belongs to one invocation: kept longer, it must never touch what the next one works on.
 */
import { type CellGuard, entryGuard, type PartOfState, placeInState, refuseState } from '../../state/cell-guard.ts';
import { KeptValue, keptOf } from '../../state/kept-value.ts';
import type { StateSlot } from '../../state/state-view.ts';
import { MillraceError } from '../../sdk/errors.ts';
import { counted, rowPrefix, utf8 } from '../../state/row.ts';
import type { RowWrites } from '../rows/row-writes.ts';

/** What handles need of their invocation. */
export interface StateHolder {
  readonly rows: RowWrites;
  readCell(index: number): unknown;
  /** What lies in it, whatever its version and its deadline. */
  getCell(index: number): unknown;
  writeCell(index: number, value: unknown): void;
  /** Writes what expires, and sees to it that somebody looks then. */
  keepCell(index: number, kept: KeptValue, due: number): void;
  /** Writes a row of what expires, which somebody looks at then. */
  armRow(key: string, due: number): void;
  /** The time by which entries expire. */
  time(): number;
  /** Throws if the value cannot be stored; freezes it in development. */
  checkValue(value: unknown): void;
  /** In development, freezes what comes from the store. */
  guard(value: unknown): unknown;
}

/** Whose state it is. */
export interface StateOwner {
  readonly type: string;
  readonly hash: number;
  readonly id: string;
}

export abstract class StateHandle {
  /** What the keys of its rows begin with. */
  protected readonly prefix: string;
  /** Where in its prefix the address ends. */
  protected readonly addressEnd: number;
  /** There is one where something is said of entries. */
  protected readonly rules: CellGuard | undefined;
  readonly #type: string;
  readonly #name: string;
  readonly #id: string;
  #holder: StateHolder | undefined;

  constructor(holder: StateHolder, { type, hash, id }: StateOwner, section: number, { name, rules }: StateSlot) {
    this.#holder = holder;
    this.#type = type;
    this.#id = id;
    this.#name = name;
    this.rules = rules && entryGuard(type, name, rules);
    const address = rowPrefix(section, type, hash, id);
    this.addressEnd = address.length;
    this.prefix = address + counted(utf8(name));
  }

  /** What is to be stored of a value that somebody gives. Throws `STATE_INVALID` or `MESSAGE_NOT_ENCODABLE`. */
  protected accept(value: unknown, part: PartOfState): unknown {
    const { rules, holder } = this;
    if (rules !== undefined) {
      const now = rules.expires ? holder.time() : 0;
      const kept = rules.accept(value, this.#id, now, this.#admit, part);
      return kept.value !== undefined && (rules.isVersioned || rules.expires) ? kept : kept.value;
    }
    try {
      holder.checkValue(value);
    } catch (error) {
      this.refuse(error, part);
    }
    return value;
  }

  /** Says of a value that cannot be stored where it was to be; whatever else was thrown is thrown again. */
  protected refuse(error: unknown, part: PartOfState): never {
    refuseState(error, placeInState(this.#type, this.#id, this.#name, part));
  }

  /** What is to be shown of a value that is stored. Throws `STATE_INVALID` or `STATE_MIGRATION_FAILED`. */
  protected open(stored: unknown, part: PartOfState): never {
    if (this.rules === undefined && !(stored instanceof KeptValue)) return this.holder.guard(stored) as never;
    return this.openKept(keptOf(stored), part);
  }

  /** The same; the value is then up to date. */
  protected openKept(kept: KeptValue, part: PartOfState): never {
    // Without rules it may still be of newer code, or of code by which it expires.
    const rules = this.rules ?? entryGuard(this.#type, this.#name);
    return this.holder.guard(rules.open(kept, this.#id, this.#admit, part)) as never;
  }

  /** Whether nothing is to be seen of what is stored. */
  protected isGone(stored: unknown): boolean {
    const { holder } = this;
    return stored instanceof KeptValue ? stored.deadline <= holder.time() : stored === undefined;
  }

  /** Throws if newer code has stored it. */
  protected refuseNewer(stored: unknown, part: PartOfState): void {
    if (stored instanceof KeptValue) this.rules?.refuseNewer(stored, this.#id, part);
  }

  readonly #admit = (value: unknown): void => this.holder.checkValue(value);

  abstract clear(): void;

  /** The invocation has ended. */
  expire(): void {
    this.#holder = undefined;
  }

  protected get holder(): StateHolder {
    if (this.#holder === undefined) throw contextExpired(this.#type);
    return this.#holder;
  }
}

/** The error for what is used after its invocation. */
export function contextExpired(type: string): MillraceError {
  const what = `${type}: the context of an invocation was used after the invocation had ended.`;
  return new MillraceError('CONTEXT_EXPIRED', what);
}
