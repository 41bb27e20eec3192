/**
 * What happens to a store when a write or a sync fails: it stops, for good (I9). The disk may hold any part of what was
 * written, and a later sync that succeeds would say nothing about it. So the first failure is kept, and every call from
 * then on gets it as its cause; whoever owns the store opens it anew and goes on from what is durable.
 */
import { MillraceError } from '../sdk/errors.ts';
import { asStorageError } from './storage-failure.ts';

export class FirstFailure {
  readonly #directory: string;
  #first: Error | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get hasFailed(): boolean {
    return this.#first !== undefined;
  }

  /** Stops the store, unless it has stopped already, and returns what the caller is to throw. */
  stop(what: string, cause: unknown): Error {
    const failure = asStorageError(`${what} in ${this.#directory}`, cause);
    this.#first ??= failure;
    return failure;
  }

  /** Throws if the store has stopped. */
  check(): void {
    const first = this.#first;
    if (first === undefined) return;
    const code = first instanceof MillraceError ? first.code : 'STORAGE_FAILED';
    const details = first instanceof MillraceError ? { ...first.details } : {};
    const what = `The store in ${this.#directory} has stopped after an earlier failure: ${first.message}`;
    throw new MillraceError(code, what, { cause: first, details });
  }
}
