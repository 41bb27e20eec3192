/**
 * The states of one address while one batch runs: what the request brought along, what the batch's invocations have made
 * of it so far, and in the end the net mutations. Belongs to one batch at a time. A state that is never touched is never
 * decoded.
 */
import type { Address } from '../sdk/address.ts';
import { deepFreeze } from '../sdk/immutable.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { AdmitValue, CellGuard } from '../state/cell-guard.ts';
import { KeptValue, NEVER } from '../state/kept-value.ts';
import type { KnownState, StateMutation } from '../statefun/protocol.ts';
import { readInPlace, typedValue } from '../statefun/type.ts';
import type { TypedValue, ValueInPlace } from '../statefun/typed-value.ts';
import { OUTSIDE_LIMITS, type OutsideLimits } from '../wire/outside-value.ts';
import { inspectState } from '../wire/structured-data.ts';
import { LateData } from './late-values.ts';
import type { AnyType } from './endpoint-options.ts';
import { knownAs, type ServedFunction, type ServedState } from './served-function.ts';
import { decodeStored, encodeStored, isOfFirstVersion } from './stored-value.ts';

/** What holds for the values of all states; one for an endpoint. */
export class StateRules {
  readonly limits: OutsideLimits;
  /** Whether values are frozen. */
  readonly development: boolean;
  /** Throws `MESSAGE_NOT_ENCODABLE`. */
  readonly admit: AdmitValue = (value) => {
    inspectState(value);
    if (this.development) deepFreeze(value);
  };

  constructor(itemCountMax: number, development: boolean) {
    this.limits = { ...OUTSIDE_LIMITS, itemCountMax };
    this.development = development;
  }
}

/** What others' types can write is for them to say, and may be changed as they like. */
const admitAll: AdmitValue = () => {};

const NOBODY: Address = { type: '', id: '' };

/** One state. */
class BatchCell {
  readonly state: ServedState;
  readonly admit: AdmitValue;
  guard: CellGuard | undefined = undefined;
  /** What came with the request; undefined if it is not set. */
  brought: ValueInPlace | undefined = undefined;
  /** What is in it, once it is loaded. */
  kept: KeptValue | undefined = undefined;
  isLoaded = false;
  isWritten = false;

  constructor(state: ServedState, admit: AdmitValue) {
    this.state = state;
    this.admit = admit;
  }

  begin(guard: CellGuard | undefined, brought: ValueInPlace | undefined): void {
    this.guard = guard;
    this.brought = brought;
    this.kept = undefined;
    this.isLoaded = false;
    this.isWritten = false;
  }

  /** Whether its value may be of a later version than the code; what cannot be needs not be decoded to be replaced. */
  mayBeNewer(): boolean {
    const { state, brought } = this;
    if (this.isLoaded || brought === undefined || state.type !== undefined) return true;
    return brought.typename !== state.typename || !isOfFirstVersion(brought.source, brought.start, brought.end);
  }

  put(kept: KeptValue | undefined): void {
    this.kept = kept;
    this.isLoaded = true;
    this.isWritten = true;
  }
}

export class BatchState {
  readonly #served: ServedFunction;
  readonly #rules: StateRules;
  readonly #cells: readonly BatchCell[];
  #target: Address = NOBODY;

  constructor(served: ServedFunction, rules: StateRules) {
    this.#served = served;
    this.#rules = rules;
    this.#cells = served.states.map((state) => new BatchCell(state, state.type === undefined ? rules.admit : admitAll));
  }

  /** Begins with what a request has brought along; false if any state is missing there. */
  begin(target: Address, known: readonly KnownState<ValueInPlace>[]): boolean {
    this.#target = target;
    const guards = this.#served.guardsOf(target.type);
    for (let index = 0; index < this.#cells.length; index++) {
      const cell = this.#cells[index];
      const brought = knownAs(cell.state.name, known, index);
      if (brought === undefined) return false;
      cell.begin(guards[index], brought.value);
    }
    return true;
  }

  /** Lets go of the values of a batch. */
  end(): void {
    for (const cell of this.#cells) cell.begin(undefined, undefined);
  }

  /** Throws `STATE_INVALID` or `STATE_MIGRATION_FAILED`. */
  read(index: number): unknown {
    const cell = this.#cells[index];
    const kept = this.#load(cell);
    if (kept === undefined) return cell.state.initial;
    const value = cell.guard?.open(kept, this.#target.id, cell.admit);
    if (this.#rules.development && cell.state.type === undefined) deepFreeze(value);
    return value;
  }

  /** `undefined` clears. Throws `STATE_INVALID`, `STATE_MIGRATION_FAILED` or `MESSAGE_NOT_ENCODABLE`. */
  write(index: number, value: unknown): void {
    if (value === undefined) return this.clear(index);
    const cell = this.#cells[index];
    if (cell.mayBeNewer()) {
      const before = this.#load(cell);
      if (before !== undefined) cell.guard?.refuseNewer(before, this.#target.id);
    }
    cell.put(cell.guard?.accept(value, this.#target.id, 0, cell.admit));
  }

  clear(index: number): void {
    this.#cells[index].put(undefined);
  }

  /**
   * One for each state that was written or cleared. The values themselves must not change until they are written; with
   * `apart` they may. Throws `STATE_INVALID`.
   */
  mutations(apart: boolean): StateMutation[] {
    const mutations: StateMutation[] = [];
    for (const { state, kept, isWritten } of this.#cells) {
      if (isWritten) mutations.push({ name: state.name, value: kept && this.#encode(state, kept, apart) });
    }
    return mutations;
  }

  #encode(state: ServedState, { value, version }: KeptValue, apart: boolean): TypedValue {
    const { type, typename } = state;
    if (type === undefined) {
      if (version === 1 && !apart) return new LateData(typename, value);
      return { typename, value: encodeStored(value, version) };
    }
    try {
      return typedValue(type, value);
    } catch (cause) {
      const why = `the type ${typename} cannot write ${describe(value)}: ${reasonOf(cause)}`;
      throw this.#invalid(state, why, cause);
    }
  }

  #load(cell: BatchCell): KeptValue | undefined {
    if (!cell.isLoaded) {
      cell.kept = this.#decode(cell.state, cell.brought);
      cell.isLoaded = true;
    }
    return cell.kept;
  }

  #decode(state: ServedState, brought: ValueInPlace | undefined): KeptValue | undefined {
    if (brought === undefined) return undefined;
    const { type, typename } = state;
    if (brought.typename !== typename) {
      throw this.#refused(state, `it is of type ${describe(brought.typename)}, and declared as ${typename}`);
    }
    if (type !== undefined) return this.#deserialized(state, type, brought);
    const { source, start, end } = brought;
    const { value, version, refusal } = decodeStored(source, this.#rules.limits, start, end);
    if (refusal !== undefined) throw this.#refused(state, refusal);
    return value === undefined ? undefined : new KeptValue(value, version, NEVER, false);
  }

  #deserialized(state: ServedState, type: AnyType, brought: ValueInPlace): KeptValue | undefined {
    const { typename } = state;
    try {
      const value: unknown = readInPlace<unknown>(type, brought);
      return value === undefined || value === null ? undefined : new KeptValue(value, 1, NEVER, false);
    } catch (cause) {
      throw this.#refused(state, `the type ${typename} cannot read it: ${reasonOf(cause)}`, cause);
    }
  }

  #refused(state: ServedState, why: string, cause?: unknown): MillraceError {
    return this.#invalid(state, `the value that the cluster keeps is refused: ${why}`, cause);
  }

  #invalid({ name }: ServedState, why: string, cause: unknown): MillraceError {
    const { type, id } = this.#target;
    const what = `${type} ${describe(id)}, state ${describe(name)}: ${why}.`;
    return new MillraceError('STATE_INVALID', what, { cause, details: { type, id, state: name } });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : describe(error);
}
