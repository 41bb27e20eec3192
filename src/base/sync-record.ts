/**
 * What is known of the syncs of one file or directory, shared by all its open handles. They run one after the other, and
 * once one has failed none runs any more (I9): the system reports a failed fsync once, marks the data clean although
 * it was not written, and would say yes to the next one. Two at a time could split the truth between them in this way.
 */

export class SyncRecord {
  /** Settles, and never rejects, when all syncs so far are through; undefined when none is under way. */
  #underWay: Promise<void> | undefined;
  #failure: NodeJS.ErrnoException | undefined;

  /** Starts `flush` at once, or after those before it. Rejects without calling it once one has failed. */
  sync(path: string, flush: () => Promise<void>): Promise<void> {
    const before = this.#underWay;
    const turn = before === undefined ? this.#attempt(path, flush) : before.then(() => this.#attempt(path, flush));
    const forget = (): void => {
      if (this.#underWay === settled) this.#underWay = undefined;
    };
    const settled: Promise<void> = turn.then(forget, forget);
    this.#underWay = settled;
    return turn;
  }

  /** Of a directory: a name in it has changed, and so it is written anew with all that a failed sync was to make durable. */
  namesChanged(): void {
    this.#failure = undefined;
  }

  async #attempt(path: string, flush: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw refusal(path, this.#failure);
    try {
      await flush();
    } catch (error) {
      this.#failure = error as NodeJS.ErrnoException;
      throw error;
    }
  }
}

/** Carries the code of the sync that failed, so that whoever handles that one handles this one alike. */
function refusal(path: string, cause: NodeJS.ErrnoException): Error {
  const error: NodeJS.ErrnoException = new Error(`${path} is not synced again, since a sync of it has failed`, {
    cause,
  });
  if (cause.code !== undefined) error.code = cause.code;
  error.path = path;
  return error;
}
