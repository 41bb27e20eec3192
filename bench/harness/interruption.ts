/**
 * Ctrl-C, or a polite request to end, once for the whole run: the turn that is under way is given up, what was measured before is shown, and the
 * process ends. A second Ctrl-C ends it at once. Threads and processes of the abandoned turn end with this process, and
 * directories are removed as it exits.
 */
export class Interruption {
  readonly #interrupted: Promise<void>;
  #isInterrupted = false;

  constructor() {
    this.#interrupted = new Promise((resolve) => {
      const interrupt = (): void => {
        this.#isInterrupted = true;
        resolve();
      };
      process.once('SIGINT', interrupt);
      process.once('SIGTERM', interrupt);
    });
  }

  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  /** What the work comes to, or `undefined` if Ctrl-C was first; the work then goes on unheeded. */
  async unlessInterrupted<Result>(work: Promise<Result>): Promise<Result | undefined> {
    // What it fails with after that is nobody's concern.
    work.catch(() => {});
    const nothing = this.#interrupted.then(() => undefined);
    return await Promise.race([nothing, work]);
  }
}
