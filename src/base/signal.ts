/**
 * A condition to wait for: "something may have changed, look again". One promise for all who wait, none if nobody does.
 */

export class Signal {
  #promise: Promise<void> | undefined;
  #resolve: () => void = () => {};

  /** Whether anybody waits. */
  get isAwaited(): boolean {
    return this.#promise !== undefined;
  }

  /** Resolves at the next `raise`. */
  next(): Promise<void> {
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve;
    });
    return this.#promise;
  }

  raise(): void {
    if (this.#promise === undefined) return;
    this.#promise = undefined;
    this.#resolve();
  }
}
