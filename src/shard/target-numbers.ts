/**
 * Numbers of functions or egresses, found by whatever a program names them with.
 */
import { isNamespace } from '../sdk/address.ts';
import type { EgressType } from '../sdk/egress.ts';
import type { FunctionType } from '../sdk/function.ts';

export type NamedTarget = string | FunctionType<never> | EgressType<never>;

/** Numbers by name, remembered by token, since a token is looked up once per send. */
export class TargetNumbers {
  readonly #byTarget = new Map<unknown, number>();
  /** Programs send to the same few targets; the last one is found without looking it up. */
  #lastTarget: NamedTarget | undefined;
  #lastNumber = 0;
  /** Tokens are remembered up to here: those for types that come at run time may be made at run time, and be many. */
  readonly #tokenNumberMax: number;

  constructor(names: readonly string[]) {
    this.#tokenNumberMax = names.length;
    // The name of a whole namespace is no target.
    for (const [index, name] of names.entries()) if (!isNamespace(name)) this.#byTarget.set(name, index);
  }

  add(name: string, number: number): void {
    this.#byTarget.set(name, number);
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
    if (named !== undefined && named < this.#tokenNumberMax) this.#byTarget.set(target, named);
    return named;
  }
}

export function nameOf(target: NamedTarget): unknown {
  return typeof target === 'string' ? target : ((target as { type?: unknown } | null | undefined)?.type ?? target);
}
