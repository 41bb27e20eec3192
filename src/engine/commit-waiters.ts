/**
 * Those who wait until what they sent is committed: one promise an epoch, shared by all of them, so that a send costs
 * no promise of its own. After a roll-back the epochs that were not committed are done again as one, and all who waited
 * for any of them wait for that one.
 */

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class CommitWaiters {
  #current: Deferred[] = [];
  #ended: Deferred[] = [];

  /** Whether anybody waits for an epoch that has not begun to be committed. */
  get isAwaited(): boolean {
    return this.#current.length > 0;
  }

  /** Resolves when the epoch that goes on is committed. */
  next(): Promise<void> {
    const last = this.#current.at(-1);
    if (last !== undefined) return last.promise;
    const deferred = Promise.withResolvers<void>();
    // Whoever does not wait need not hear of a failure.
    deferred.promise.catch(() => {});
    this.#current.push(deferred);
    return deferred.promise;
  }

  /** Resolves when the epoch that is being committed is. */
  ended(): Promise<void> {
    return this.#ended.at(-1)?.promise ?? this.next();
  }

  endEpoch(): void {
    this.#ended.push(...this.#current);
    this.#current = [];
  }

  committed(): void {
    const ended = this.#ended;
    this.#ended = [];
    for (const { resolve } of ended) resolve();
  }

  rollBack(): void {
    this.#current = [...this.#ended, ...this.#current];
    this.#ended = [];
  }

  fail(error: Error): void {
    for (const { reject } of [...this.#ended, ...this.#current]) reject(error);
    this.#ended = [];
    this.#current = [];
  }
}
