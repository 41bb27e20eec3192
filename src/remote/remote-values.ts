/**
 * The states of a remote function as one entity keeps them: entries of one value, each with the name of its type and what
 * its endpoint has said of its expiration. Which states there are is only known at run time, so nothing is declared.
 * Entries of the state of which nobody speaks any more stay where they are.
 */
import type { ValueSpec } from '../sdk/state.ts';
import { value } from '../sdk/value.ts';
import type { PartsExpiry } from '../sdk/value-rules.ts';
import type { ExpireMode } from '../statefun/protocol.ts';

const MODES: readonly ExpireMode[] = ['none', 'after-write', 'after-invoke'];
const AFTER_INVOKE = 2;
/** Being read again is written down when more than this part of its time has passed, and it lives as much longer. */
const REFRESH_PARTS = 10;

/** `touchedAt`: when it was last written, or kept alive, in milliseconds since 1970. */
export type RemoteValue = readonly [
  name: string,
  typename: string,
  bytes: Uint8Array,
  mode: number,
  afterMs: number,
  touchedAt: number,
];

export type RemoteValues = readonly RemoteValue[];

/** What its endpoint says of a state. */
export interface DeclaredState {
  readonly name: string;
  readonly typename: string;
  readonly mode: ExpireMode;
  readonly afterMs: number;
}

const NO_TIME = Number.POSITIVE_INFINITY;

export function deadlineOf(one: RemoteValue): number {
  // By index: taking it apart goes through an iterator.
  const mode = one[3];
  if (mode === 0) return NO_TIME;
  const afterMs = one[4];
  const touchedAt = one[5];
  return touchedAt + afterMs + (mode === AFTER_INVOKE ? Math.ceil(afterMs / REFRESH_PARTS) : 0);
}

const PARTS: PartsExpiry = Object.freeze({
  nextDeadline(values: unknown): number {
    let next = NO_TIME;
    for (const one of values as RemoteValues) next = Math.min(next, deadlineOf(one));
    return next;
  },
  left(values: unknown, now: number): RemoteValues | undefined {
    const left = (values as RemoteValues).filter((one) => deadlineOf(one) > now);
    return left.length === 0 ? undefined : left;
  },
});

/** The state of every remote function. */
export type RemoteState = { readonly values: ValueSpec<RemoteValues, RemoteValues | undefined> };

export const REMOTE_STATE: RemoteState = Object.freeze({
  values: Object.freeze({ ...value<RemoteValues>(), parts: PARTS }),
});

/** What they take as they are stored, roughly. */
export function bytesOfValues(values: RemoteValues): number {
  let bytes = 0;
  for (const one of values) bytes += one[0].length + one[1].length + one[2].byteLength;
  return bytes;
}

/** A value that is written at `now`; shares no memory with `bytes`. */
export function writtenValue(state: DeclaredState, bytes: Uint8Array, now: number): RemoteValue {
  const { name, typename, mode, afterMs } = state;
  return [name, typename, new Uint8Array(bytes), MODES.indexOf(mode), afterMs, now];
}

/**
 * A value as a request at `now` finds it, by what its state is declared to be today: kept alive if it is read for a good
 * while longer; undefined if it has expired.
 */
export function requestedValue(stored: RemoteValue, state: DeclaredState, now: number): RemoteValue | undefined {
  const [name, typename, bytes, storedMode, storedMs, touchedAt] = stored;
  const mode = MODES.indexOf(state.mode);
  const { afterMs } = state;
  const isSame = mode === storedMode && afterMs === storedMs;
  const today: RemoteValue = isSame ? stored : [name, typename, bytes, mode, afterMs, touchedAt];
  if (deadlineOf(today) <= now) return undefined;
  const isStale = mode === AFTER_INVOKE && now - touchedAt > afterMs / REFRESH_PARTS;
  return isStale ? [name, typename, bytes, mode, afterMs, now] : today;
}

/** From so many entries on they are found by a map. */
const LIST_LENGTH_MAX = 8;

/** The entries of one state by their names: a short list is looked through, which takes less than making a map. */
export class NamedValues {
  #list: RemoteValues;
  #map: Map<string, RemoteValue> | undefined;

  constructor(values: RemoteValues) {
    this.#list = values;
    if (values.length >= LIST_LENGTH_MAX) this.#toMap();
  }

  get all(): RemoteValues {
    return this.#map === undefined ? this.#list : [...this.#map.values()];
  }

  get(name: string): RemoteValue | undefined {
    if (this.#map !== undefined) return this.#map.get(name);
    for (const one of this.#list) if (one[0] === name) return one;
    return undefined;
  }

  /** Undefined takes it away. The list that was given is left as it is. */
  set(name: string, value: RemoteValue | undefined): void {
    if (this.#list.length >= LIST_LENGTH_MAX) this.#toMap();
    if (this.#map === undefined) this.#list = changed(this.#list, name, value);
    else if (value === undefined) this.#map.delete(name);
    else this.#map.set(name, value);
  }

  #toMap(): void {
    this.#map ??= new Map(this.#list.map((one) => [one[0], one]));
  }
}

function changed(list: RemoteValues, name: string, value: RemoteValue | undefined): RemoteValues {
  const result: RemoteValue[] = [];
  let isNew = value !== undefined;
  for (const one of list) {
    if (one[0] !== name) result.push(one);
    else if (value !== undefined) result.push(value);
    if (one[0] === name) isNew = false;
  }
  if (isNew) result.push(value as RemoteValue);
  return result;
}
