/**
 * Async invocations whose promise has settled, until a turn of the shard carries out what follows from that. A promise
 * settles at any time; nothing in the shard changes then.
 */
import type { Invocation } from './invocation.ts';

/** What an invocation was given, how that would be encoded, and what it threw. */
export interface GivenMessage {
  readonly message: unknown;
  readonly form: number;
  readonly error: unknown;
}

export interface EndedInvocation extends GivenMessage {
  readonly invocation: Invocation;
  readonly failed: boolean;
}

const NONE: readonly EndedInvocation[] = [];

export class EndedInvocations {
  /** Called when one has ended and a turn is due. */
  onEnded: () => void = () => {};
  #ended: EndedInvocation[] = [];

  get count(): number {
    return this.#ended.length;
  }

  watch(result: Promise<void>, invocation: Invocation, message: unknown, form: number): void {
    const end = (failed: boolean, error: unknown): void => {
      this.#ended.push({ invocation, message, form, failed, error });
      this.onEnded();
    };
    result.then(
      () => end(false, undefined),
      (error: unknown) => end(true, error),
    );
  }

  /** All that have ended since. */
  take(): readonly EndedInvocation[] {
    if (this.#ended.length === 0) return NONE;
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }
}
