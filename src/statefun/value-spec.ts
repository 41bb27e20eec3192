/**
 * What a StateFun program declares of a state. Checked when it is bound, so that a mistake shows at the start and not in
 * a call.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import type { ExpireMode } from './protocol.ts';
import { isTypeLike, type TypeLike } from './type.ts';

export interface ValueSpecOpts {
  /** Lower-case letters and `_`. */
  name: string;
  type: TypeLike<unknown>;
  /** Milliseconds after the last call; none by default. */
  expireAfterCall?: number;
  /** Milliseconds after the last write; none by default. If both are given, this one counts. */
  expireAfterWrite?: number;
}

const STATE_NAME = /^[_a-z]+$/;
/** No expiration. */
const NEVER = -1;

/** The declaration of one state. */
export class ValueSpec {
  readonly name: string;
  readonly type: TypeLike<unknown>;
  readonly expireAfterCall: number;
  readonly expireAfterWrite: number;

  constructor(
    name: string,
    type: TypeLike<unknown>,
    expireAfterCall: number = NEVER,
    expireAfterWrite: number = NEVER,
  ) {
    this.name = name;
    this.type = type;
    this.expireAfterCall = expireAfterCall;
    this.expireAfterWrite = expireAfterWrite;
  }

  /** @throws MillraceError `INVALID_DEFINITION` */
  static fromOpts({ name, type, expireAfterCall, expireAfterWrite }: ValueSpecOpts): ValueSpec {
    if (typeof name !== 'string' || !STATE_NAME.test(name)) {
      throw invalid(`The name ${describe(name)} of a state must be of the letters a to z and _`);
    }
    if (!isTypeLike(type)) throw invalid(`The state ${name} has no type, but ${describe(type)}`);
    const [afterCall, afterWrite] = [expireAfterCall ?? NEVER, expireAfterWrite ?? NEVER];
    for (const after of [afterCall, afterWrite]) {
      if (Number.isSafeInteger(after) && after >= NEVER) continue;
      throw invalid(`The state ${name} must expire after whole milliseconds (-1: never), not ${describe(after)}`);
    }
    return new ValueSpec(name, type, afterCall, afterWrite);
  }

  get expireMode(): ExpireMode {
    if (this.expireAfterWrite !== NEVER) return 'after-write';
    return this.expireAfterCall === NEVER ? 'none' : 'after-invoke';
  }

  /** Milliseconds; 0 if it does not expire. */
  get expireAfterMs(): number {
    if (this.expireAfterWrite !== NEVER) return this.expireAfterWrite;
    return this.expireAfterCall === NEVER ? 0 : this.expireAfterCall;
  }
}

/** The error of a declaration that is none. */
export function invalid(what: string): MillraceError {
  return new MillraceError('INVALID_DEFINITION', what);
}
