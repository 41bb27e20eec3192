/**
 * Everybody who waits for something that a failure would prevent: askers, senders under back-pressure, those who drain.
 * There is one failure, the first, and all of them get it; so nobody waits for ever.
 */
import type { MillraceError } from '../sdk/errors.ts';

type Reject = (error: MillraceError) => void;

export class WaitingRoom {
  /** Why the engine is no more. */
  failure: MillraceError | undefined;
  /** Why no more input is taken: an egress has failed. */
  inputFailure: MillraceError | undefined;
  readonly #all = new Set<Reject>();
  /** Those of them who wait for input to be taken, or for all of it to be done. */
  readonly #forInput = new Set<Reject>();

  enter(reject: Reject): void {
    this.#all.add(reject);
  }

  leave(reject: Reject): void {
    this.#all.delete(reject);
    this.#forInput.delete(reject);
  }

  /** The promise, unless the engine fails or ends before it, or takes no more input. */
  orFailure(promise: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#all.add(reject);
      this.#forInput.add(reject);
      promise.then(resolve, reject).finally(() => this.leave(reject));
    });
  }

  rejectAll(error: MillraceError): void {
    for (const reject of this.#all) reject(error);
  }

  rejectInput(error: MillraceError): void {
    for (const reject of this.#forInput) reject(error);
  }

  throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
