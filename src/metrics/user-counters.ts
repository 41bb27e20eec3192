/**
 * What functions count for themselves with `ctx.count`, by function and name. A shard's thread owns them; they are no
 * state: they begin at nothing with the thread, and what an invocation has counted stays when it fails.
 */
import { describe, MillraceError } from '../sdk/errors.ts';

/** Names come from code, but a program may put ids into them by mistake: memory stays bounded. */
export const COUNTER_NAMES_MAX = 1_000;
const NAME_LENGTH_MAX = 255;

export class UserCounters {
  /** By the index of a function's binding. */
  readonly #counts: (Map<string, number> | undefined)[] = [];

  /** Throws `INVALID_OPTION` for what is no name or no whole number, and for a name too many. */
  add(index: number, name: string, amount: number): void {
    checkCount(name, amount);
    const counts = (this.#counts[index] ??= new Map());
    const count = counts.get(name);
    if (count === undefined && counts.size === COUNTER_NAMES_MAX) {
      const what = `ctx.count: ${describe(name)} is one counter too many; a function may have ${COUNTER_NAMES_MAX} names.`;
      throw new MillraceError('INVALID_OPTION', what);
    }
    counts.set(name, (count ?? 0) + amount);
  }

  of(index: number): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts[index] ?? []);
  }
}

/** Throws `INVALID_OPTION`. */
export function checkCount(name: unknown, amount: unknown): void {
  if (typeof name !== 'string' || name === '' || name.length > NAME_LENGTH_MAX) {
    const what = `ctx.count: name is ${describe(name)}; allowed is a text of 1 to ${NAME_LENGTH_MAX} characters.`;
    throw new MillraceError('INVALID_OPTION', what);
  }
  if (!Number.isSafeInteger(amount)) {
    const what = `ctx.count: amount is ${describe(amount)}; allowed is a whole number.`;
    throw new MillraceError('INVALID_OPTION', what);
  }
}
