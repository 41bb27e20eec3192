/**
 * Whoever waits for the response of one request, as far as it matters whether it still does. An AbortSignal can say the
 * same, and costs more than all else that a small request needs; most requests are answered before anybody looks.
 */
export class Caller {
  #isGone = false;
  /** Called when it goes; of one batch there is one invocation at a time. */
  onGone: (() => void) | undefined;

  get isGone(): boolean {
    return this.#isGone;
  }

  /** It waits no more. */
  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.onGone?.();
  }
}

/** Somebody who leaves when the signal says so. */
export function callerOf(signal: AbortSignal | undefined): { readonly caller: Caller; release(): void } {
  const caller = new Caller();
  if (signal === undefined) return { caller, release: () => {} };
  const leave = (): void => caller.leave();
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  // A signal may outlive many requests.
  return { caller, release: () => signal.removeEventListener('abort', leave) };
}
