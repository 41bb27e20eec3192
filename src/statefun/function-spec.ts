/**
 * What a StateFun program declares of a function.
 */
import { describe } from '../sdk/errors.ts';
import type { Context } from './context.ts';
import type { Message } from './message.ts';
import { parseTypeName } from './type.ts';
import { invalid, ValueSpec, type ValueSpecOpts } from './value-spec.ts';

export interface FunctionOpts {
  /** `namespace/name`. */
  typename: string;
  fn: (context: Context, message: Message) => void | PromiseLike<void>;
  specs?: ValueSpecOpts[];
}

/** A bound function. */
export interface FunctionSpec {
  readonly typename: string;
  readonly fn: FunctionOpts['fn'];
  readonly states: readonly ValueSpec[];
}

/** @throws MillraceError `INVALID_TYPE_NAME` or `INVALID_DEFINITION` */
export function functionSpec({ typename, fn, specs }: FunctionOpts): FunctionSpec {
  parseTypeName(typename);
  if (typeof fn !== 'function') throw invalid(`${typename}: fn must be a function, not ${describe(fn)}`);
  const states = (specs ?? []).map((spec) => ValueSpec.fromOpts(spec));
  const names = new Set(states.map(({ name }) => name));
  if (names.size < states.length) throw invalid(`${typename} declares a state twice`);
  return Object.freeze({ typename, fn, states });
}
