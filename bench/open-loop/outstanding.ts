/**
 * How many events are under way, for one who waits until they are few enough. A failure of any of them is told to
 * whoever waits, now or later.
 */
export class Outstanding {
  #count = 0;
  #failure: { readonly cause: unknown } | undefined;
  #wake: () => void = () => {};

  begun(count: number): void {
    this.#count += count;
  }

  ended(count: number): void {
    this.#count -= count;
    this.#wake();
  }

  fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#wake();
  }

  /** Resolves at once, without a turn of the event loop, when there are; one may wait at a time. */
  async fewerThan(count: number): Promise<void> {
    while (this.#failure === undefined && this.#count >= count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw new Error('An event failed under load.', { cause: this.#failure.cause });
  }
}
