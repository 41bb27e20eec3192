/**
 * The functions of a module as one shard runs them: numbered, with the shape of their state, and found by number, by
 * token or by name. Every thread numbers the same module in the same way.
 */
import type { AnyEgress, EgressType } from '../sdk/egress.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { FilledFailurePolicy } from '../sdk/failure-policy.ts';
import { type AnyFunction, checkedMessage, type FunctionType } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import { deepFreeze } from '../sdk/immutable.ts';
import { allGuards, type CellGuard, cellGuards } from '../state/cell-guard.ts';
import { type StateShape, stateShape } from '../state/state-view.ts';
import { FUNCTION_COUNT_MAX, TYPE_ASKER, TYPE_NONE } from '../wire/envelope-layout.ts';

/** The name of the cell that holds when the entity's row of what expires is due. No state may be called so. */
const EXPIRY_CELL_NAME = '\0expiry';

/** The type name under which an asker shows as `ctx.caller`. */
export const ASKER_TYPE = 'millrace/asker';

export interface FunctionBinding {
  readonly index: number;
  readonly type: string;
  readonly fn: AnyFunction;
  readonly shape: StateShape;
  /** What the cells are called in records: the declared states, and what the engine keeps beside them. */
  readonly cellNames: readonly string[];
  /** By cell, where a state has a version, a schema or an expiration; undefined for a function without any. */
  readonly guards: readonly (CellGuard | undefined)[] | undefined;
  /** The cell with the time of the entity's row in the section of what expires; -1 if nothing does. */
  readonly expiryCell: number;
  /** Whether `invoke` is declared `async`; any other function may still return a promise. */
  readonly isAsync: boolean;
  readonly failure: FilledFailurePolicy;
}

/** Who is told of dead letters, by number. */
export interface QuarantineTargets {
  readonly functions: readonly number[];
  readonly egresses: readonly number[];
}

type NamedTarget = string | FunctionType<never> | EgressType<never>;

/** Numbers by name, remembered by token, since a token is looked up once per send. */
class Numbers {
  readonly #byTarget = new Map<unknown, number>();
  /** Programs send to the same few targets; the last one is found without looking it up. */
  #lastTarget: NamedTarget | undefined;
  #lastNumber = 0;

  constructor(names: readonly string[]) {
    names.forEach((name, index) => this.#byTarget.set(name, index));
  }

  find(target: NamedTarget): number | undefined {
    if (target === this.#lastTarget) return this.#lastNumber;
    const number = this.#lookUp(target);
    if (number !== undefined) {
      this.#lastTarget = target;
      this.#lastNumber = number;
    }
    return number;
  }

  #lookUp(target: NamedTarget): number | undefined {
    const known = this.#byTarget.get(target);
    if (known !== undefined || typeof target === 'string') return known;
    const named = this.#byTarget.get((target as { type?: unknown } | null | undefined)?.type);
    if (named !== undefined) this.#byTarget.set(target, named);
    return named;
  }
}

function nameOf(target: NamedTarget): string {
  return describe(
    typeof target === 'string' ? target : ((target as { type?: unknown } | null | undefined)?.type ?? target),
  );
}

export class Directory {
  readonly bindings: readonly FunctionBinding[];
  /** Whether any function checks its messages. */
  readonly checksMessages: boolean;
  /** Called when a function has got guards for all its states. */
  onGuarded: (index: number) => void = () => {};
  readonly egresses: readonly AnyEgress[];
  readonly quarantine: QuarantineTargets;
  readonly #functions: Numbers;
  readonly #egressNumbers: Numbers;

  constructor(module: Module) {
    if (module.functions.length >= FUNCTION_COUNT_MAX) {
      throw new MillraceError('INVALID_DEFINITION', `A module may hold ${FUNCTION_COUNT_MAX} functions at most.`);
    }
    this.bindings = module.functions.map((fn, index) => bind(fn, index));
    this.egresses = module.egresses;
    this.checksMessages = module.functions.some(({ messages }) => messages !== undefined);
    this.#functions = new Numbers(module.functions.map((fn) => fn.type));
    this.#egressNumbers = new Numbers(module.egresses.map((egress) => egress.type));
    this.quarantine = this.#findQuarantine(module);
  }

  /** A token does not say at run time whether it is a function's or an egress's; a name that both have is the function's. */
  #findQuarantine({ onQuarantine }: Module): QuarantineTargets {
    const functions: number[] = [];
    const egresses: number[] = [];
    for (const target of onQuarantine) {
      const fn = target.kind === 'egress' ? undefined : this.#functions.find(target);
      const egress = target.kind === 'function' ? undefined : this.#egressNumbers.find(target);
      if (fn !== undefined) functions.push(fn);
      else if (egress !== undefined) egresses.push(egress);
      else
        throw new MillraceError(
          'UNKNOWN_FUNCTION',
          `onQuarantine names ${nameOf(target)}, which this module does not have.`,
        );
    }
    return { functions, egresses };
  }

  /** The number of a function, or of an asker. Throws `UNKNOWN_FUNCTION`. */
  functionNumber(target: NamedTarget): number {
    const index = this.#functions.find(target);
    if (index !== undefined) return index;
    if (target === ASKER_TYPE) return TYPE_ASKER;
    throw new MillraceError('UNKNOWN_FUNCTION', `No function of this module is named ${nameOf(target)}.`);
  }

  /** The number of a function that may be sent to from outside. Throws `UNKNOWN_FUNCTION`. */
  numberFromOutside(target: NamedTarget): number {
    const number = this.functionNumber(target);
    if (number !== TYPE_ASKER) return number;
    throw new MillraceError('UNKNOWN_FUNCTION', `${ASKER_TYPE} is answered by functions, not from outside.`);
  }

  /**
   * Refuses a message that this function would refuse: `MESSAGE_INVALID` at the sender, where the mistake is. The message
   * goes as it is; what the schema makes of it, it makes when it is delivered.
   */
  checkMessage(number: number, message: unknown): void {
    const fn = this.bindings[number]?.fn;
    if (fn?.messages !== undefined) checkedMessage(fn.type, fn.messages, message);
  }

  /** Values were met that only guards can read: from now on all states of this function have one. */
  guardAll(number: number): void {
    const binding = this.bindings[number] as { guards: FunctionBinding['guards']; readonly fn: AnyFunction };
    binding.guards = allGuards(binding.fn.type, binding.fn.state);
    this.onGuarded(number);
  }

  /** The number of a function, if this module has it. */
  findFunction(type: string): number | undefined {
    return this.#functions.find(type);
  }

  /** Throws `UNKNOWN_EGRESS`. */
  egressNumber(target: NamedTarget): number {
    const index = this.#egressNumbers.find(target);
    if (index !== undefined) return index;
    throw new MillraceError('UNKNOWN_EGRESS', `No egress of this module is named ${nameOf(target)}.`);
  }

  typeName(number: number): string | undefined {
    if (number === TYPE_NONE) return undefined;
    return number === TYPE_ASKER ? ASKER_TYPE : this.bindings[number]?.type;
  }
}

const AsyncFunction = (async () => {}).constructor;

function bind(fn: AnyFunction, index: number): FunctionBinding {
  const shape = stateShape(fn.state);
  // Initial values are shared by all entities, so they are protected in every mode.
  for (const { initial } of shape.slots) deepFreeze(initial);
  const guards = cellGuards(fn.type, fn.state);
  const expires = guards?.some((guard) => guard?.expires === true) === true;
  const { cellNames } = shape;
  return {
    index,
    type: fn.type,
    fn,
    shape,
    cellNames: expires ? [...cellNames, EXPIRY_CELL_NAME] : cellNames,
    guards,
    expiryCell: expires ? cellNames.length : -1,
    isAsync: fn.invoke instanceof AsyncFunction,
    failure: fn.failure,
  };
}
