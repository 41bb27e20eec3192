/**
 * The states of one address while one batch runs: what the request brought along, what the batch's invocations have made
 * of it so far, and in the end the net mutations. Belongs to one batch. A state that is never touched is never decoded.
 */
import { deepFreeze } from '../sdk/immutable.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { AdmitValue, CellGuard } from '../state/cell-guard.ts';
import { KeptValue, NEVER } from '../state/kept-value.ts';
import type { BatchRequest, StateMutation } from '../statefun/protocol.ts';
import type { TypedValue } from '../statefun/typed-value.ts';
import { OUTSIDE_LIMITS } from '../wire/outside-value.ts';
import { inspect } from '../wire/structured-data.ts';
import type { ServedFunction, ServedState } from './served-function.ts';
import { decodeStored, encodeStored } from './stored-value.ts';

export interface StateSetting {
  readonly itemCountMax: number;
  /** Whether values are frozen. */
  readonly development: boolean;
}

export class BatchState {
  readonly #states: readonly ServedState[];
  readonly #guards: readonly (CellGuard | undefined)[];
  readonly #request: BatchRequest;
  readonly #setting: StateSetting;
  /** By state: what came with the request; undefined if it is not set. */
  readonly #brought: (TypedValue | undefined)[];
  readonly #cells: (KeptValue | undefined)[] = [];
  readonly #isLoaded: boolean[] = [];
  readonly #isWritten: boolean[] = [];

  /** Every state of the function must be among those of the request. */
  constructor(served: ServedFunction, request: BatchRequest, setting: StateSetting) {
    this.#states = served.states;
    this.#guards = served.guardsOf(request.target.type);
    this.#request = request;
    this.#setting = setting;
    this.#brought = served.states.map(({ name }) => request.states.find((known) => known.name === name)?.value);
  }

  /** Throws `STATE_INVALID` or `STATE_MIGRATION_FAILED`. */
  read(index: number): unknown {
    const kept = this.#load(index);
    if (kept === undefined) return this.#states[index].initial;
    const value = this.#guards[index]?.open(kept, this.#request.target.id, this.#admitOf(index));
    if (this.#setting.development && this.#states[index].type === undefined) deepFreeze(value);
    return value;
  }

  /** `undefined` clears. Throws `STATE_INVALID`, `STATE_MIGRATION_FAILED` or `MESSAGE_NOT_ENCODABLE`. */
  write(index: number, value: unknown): void {
    if (value === undefined) return this.clear(index);
    const { id } = this.#request.target;
    const guard = this.#guards[index];
    const before = this.#load(index);
    if (before !== undefined) guard?.refuseNewer(before, id);
    this.#put(index, guard?.accept(value, id, 0, this.#admitOf(index)));
  }

  clear(index: number): void {
    this.#put(index, undefined);
  }

  #put(index: number, kept: KeptValue | undefined): void {
    this.#cells[index] = kept;
    this.#isLoaded[index] = true;
    this.#isWritten[index] = true;
  }

  /** One for each state that was written or cleared. Throws `STATE_INVALID`. */
  mutations(): StateMutation[] {
    const mutations: StateMutation[] = [];
    for (let index = 0; index < this.#states.length; index++) {
      if (this.#isWritten[index] !== true) continue;
      const kept = this.#cells[index];
      mutations.push({ name: this.#states[index].name, value: kept && this.#encode(index, kept) });
    }
    return mutations;
  }

  #encode(index: number, { value, version }: KeptValue): TypedValue {
    const { type, typename } = this.#states[index];
    if (type === undefined) return { typename, value: encodeStored(value, version) };
    try {
      return { typename, value: type.serialize(value) };
    } catch (cause) {
      const why = `the type ${typename} cannot write ${describe(value)}: ${reasonOf(cause)}`;
      throw this.#invalid(index, why, cause);
    }
  }

  #load(index: number): KeptValue | undefined {
    if (this.#isLoaded[index] !== true) {
      this.#cells[index] = this.#decode(index, this.#brought[index]);
      this.#isLoaded[index] = true;
    }
    return this.#cells[index];
  }

  #decode(index: number, brought: TypedValue | undefined): KeptValue | undefined {
    if (brought?.value === undefined) return undefined;
    const { type, typename } = this.#states[index];
    if (brought.typename !== typename) {
      throw this.#refused(index, `it is of type ${describe(brought.typename)}, and declared as ${typename}`);
    }
    if (type !== undefined) return this.#deserialized(index, brought.value);
    const stored = decodeStored(brought.value, { ...OUTSIDE_LIMITS, itemCountMax: this.#setting.itemCountMax });
    if ('refusal' in stored) throw this.#refused(index, stored.refusal);
    return stored.value === undefined ? undefined : new KeptValue(stored.value, stored.version, NEVER, false);
  }

  #deserialized(index: number, bytes: Uint8Array): KeptValue | undefined {
    const { type, typename } = this.#states[index];
    try {
      const value: unknown = type?.deserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      return value === undefined || value === null ? undefined : new KeptValue(value, 1, NEVER, false);
    } catch (cause) {
      throw this.#refused(index, `the type ${typename} cannot read it: ${reasonOf(cause)}`, cause);
    }
  }

  #refused(index: number, why: string, cause?: unknown): MillraceError {
    return this.#invalid(index, `the value that the cluster keeps is refused: ${why}`, cause);
  }

  #invalid(index: number, why: string, cause: unknown): MillraceError {
    const { type, id } = this.#request.target;
    const { name } = this.#states[index];
    const what = `${type} ${describe(id)}, state ${describe(name)}: ${why}.`;
    return new MillraceError('STATE_INVALID', what, { cause, details: { type, id, state: name } });
  }

  /** What others' types can write is for them to say, and may be changed as they like. */
  #admitOf(index: number): AdmitValue {
    return this.#states[index].type === undefined ? this.#admit : () => {};
  }

  readonly #admit = (value: unknown): void => {
    inspect(value);
    if (this.#setting.development) deepFreeze(value);
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : describe(error);
}
