/**
 * Assertions for programmer mistakes: a broken invariant is a bug of the engine, so the thread stops here rather than
 * carry a wrong state on. They stay on in production wherever they cost no more than a compare. What a user or the
 * world can do wrong is never asserted; it gets a coded error (`sdk/errors.ts`).
 */

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionError(what);
}

/** For the branch that no value can reach; the parameter makes the compiler agree. */
export function unreachable(value: never, what: string): never {
  throw new AssertionError(`${what}: ${String(value)}`);
}
