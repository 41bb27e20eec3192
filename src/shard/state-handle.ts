/**
 * What a table and a list of one invocation have in common: their rows, and that they work as long as the invocation
 * does. A handle belongs to one invocation: kept longer, it must never touch what the next one works on.
 */
import { type CellGuard, entryGuard } from '../state/cell-guard.ts';
import { KeptValue, NEVER } from '../state/kept-value.ts';
import type { StateSlot } from '../state/state-view.ts';
import { MillraceError } from '../sdk/errors.ts';
import { counted, rowPrefix, utf8 } from '../state/row.ts';
import type { RowWrites } from './row-writes.ts';

/** What handles need of their invocation. */
export interface StateHolder {
  readonly rows: RowWrites;
  readCell(index: number): unknown;
  writeCell(index: number, value: unknown): void;
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
  readonly #type: string;
  readonly #id: string;
  /** There is one where there is a schema. */
  readonly #guard: CellGuard | undefined;
  #holder: StateHolder | undefined;

  constructor(holder: StateHolder, { type, hash, id }: StateOwner, section: number, { name, schema }: StateSlot) {
    this.#holder = holder;
    this.#type = type;
    this.#id = id;
    this.#guard = schema && entryGuard(type, name, schema);
    this.prefix = rowPrefix(section, type, hash, id) + counted(utf8(name));
  }

  /** What is to be stored of a value that somebody gives. Throws `STATE_INVALID` or `MESSAGE_NOT_ENCODABLE`. */
  protected accept(value: unknown): unknown {
    if (this.#guard !== undefined) return this.#guard.accept(value, this.#id, 0, this.#admit).value;
    this.holder.checkValue(value);
    return value;
  }

  /** What is to be shown of a value that is stored. Throws `STATE_INVALID`. */
  protected open(stored: unknown): never {
    if (this.#guard === undefined) return this.holder.guard(stored) as never;
    return this.#guard.open(new KeptValue(stored, 1, NEVER, false), this.#id, this.#admit) as never;
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
