/**
 * The functions of a module as one shard runs them: numbered, with the shape of their state, and found by number, by
 * token or by name. Every thread numbers the same module in the same way.
 */
import type { AnyEgress, EgressType } from '../sdk/egress.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { FilledFailurePolicy } from '../sdk/failure-policy.ts';
import type { AnyFunction, FunctionType } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import { deepFreeze } from '../sdk/immutable.ts';
import { type StateShape, stateShape } from '../state/state-view.ts';
import { FUNCTION_COUNT_MAX, TYPE_ASKER, TYPE_NONE } from '../wire/envelope-layout.ts';

/** The type name under which an asker shows as `ctx.caller`. */
export const ASKER_TYPE = 'millrace/asker';

export interface FunctionBinding {
  readonly index: number;
  readonly type: string;
  readonly fn: AnyFunction;
  readonly shape: StateShape;
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
  return { index, type: fn.type, fn, shape, isAsync: fn.invoke instanceof AsyncFunction, failure: fn.failure };
}
