/**
 * The functions and egresses of a module as an endpoint serves them: functions are found by the type of a request, with
 * what their states are called and typed outside. Made once, before the first request.
 */
import { isNamespace, namespaceOf } from '../sdk/address.ts';
import type { AnyEgress } from '../sdk/egress.ts';
import type { AnyFunction } from '../sdk/function.ts';
import { deepFreeze } from '../sdk/immutable.ts';
import type { StateSpecs, ValueSpec } from '../sdk/state.ts';
import { allGuards, type CellGuard } from '../state/cell-guard.ts';
import { type StateShape, stateShape } from '../state/state-view.ts';
import type { KnownState, MissingState } from '../statefun/protocol.ts';
import type { AnyType, FilledOptions } from './endpoint-options.ts';
import { VALUE_TYPENAME } from './message-mapping.ts';

/** A state, which is a value: others are refused at the start. */
export interface ServedState extends MissingState {
  readonly initial: unknown;
  /** The type that others know it by; undefined for one that only we read. */
  readonly type: AnyType | undefined;
}

export class ServedFunction {
  /** Its place among the functions of its endpoint. */
  readonly index: number;
  readonly fn: AnyFunction;
  readonly shape: StateShape;
  readonly states: readonly ServedState[];
  readonly #guards: readonly (CellGuard | undefined)[] | undefined;

  constructor(index: number, fn: AnyFunction, types: Readonly<Record<string, AnyType>>) {
    this.index = index;
    const specs = fn.state as StateSpecs;
    this.fn = fn;
    this.shape = stateShape(specs);
    this.states = Object.entries(specs).map(([name, spec]) =>
      servedState(name, spec as ValueSpec<unknown>, types[name]),
    );
    // Shared by all batches, so they are protected in every mode.
    for (const { initial } of this.states) deepFreeze(initial);
    this.#guards = isNamespace(fn.type) ? undefined : allGuards(fn.type, specs);
  }

  /** By state, what brings its values up to date, and says which it takes. */
  guardsOf(type: string): readonly (CellGuard | undefined)[] {
    return this.#guards ?? allGuards(type, this.fn.state as StateSpecs);
  }

  /** What it declares and a request has not brought along. */
  missingFrom(known: readonly KnownState[]): readonly MissingState[] {
    const missing = this.states.filter(({ name }) => !known.some((state) => state.name === name));
    return missing.map(({ name, typename, mode, afterMs }) => ({ name, typename, mode, afterMs }));
  }
}

/**
 * The state of this name as a request has brought it along; undefined if it is missing there. Mostly they come in the
 * order in which they are declared, since a cluster learnt them so.
 */
export function knownAs<State extends KnownState>(
  name: string,
  known: readonly State[],
  index: number,
): State | undefined {
  const expected = known[index] as State | undefined;
  return expected?.name === name ? expected : known.find((state) => state.name === name);
}

/** Reading keeps a value alive in the engine; StateFun counts any request to the address as reading. */
function servedState(name: string, spec: ValueSpec<unknown>, type: AnyType | undefined): ServedState {
  const { expiration, initial } = spec;
  const mode = expiration === undefined ? 'none' : expiration.onAccess ? 'after-invoke' : 'after-write';
  const typename = type?.typename ?? VALUE_TYPENAME;
  return { name, typename, type, initial, mode, afterMs: expiration?.afterMs ?? 0 };
}

export class ServedFunctions {
  readonly #functions = new Map<string, ServedFunction>();
  readonly #namespaces = new Map<string, ServedFunction>();
  readonly #egresses: ReadonlyMap<string, AnyEgress>;

  constructor({ module, states }: FilledOptions) {
    for (const [index, fn] of module.functions.entries()) {
      const served = new ServedFunction(index, fn, states[fn.type] ?? {});
      if (isNamespace(fn.type)) this.#namespaces.set(namespaceOf(fn.type), served);
      else this.#functions.set(fn.type, served);
    }
    this.#egresses = new Map(module.egresses.map((egress) => [egress.type, egress]));
  }

  /** The function of exactly this name, or else that of its namespace. */
  find(type: string): ServedFunction | undefined {
    return this.#functions.get(type) ?? this.#namespaces.get(namespaceOf(type));
  }

  /** The egress of this name, as the module defines it. */
  egress(type: string): AnyEgress | undefined {
    return this.#egresses.get(type);
  }
}
