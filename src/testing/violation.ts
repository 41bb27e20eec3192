/**
 * What a simulation throws when something is not as it must be: it says what, and the seed says how it came to that.
 */

export class Violation extends Error {
  override readonly name = 'Violation';
}

export function check(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new Violation(what());
}
