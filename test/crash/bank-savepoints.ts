/**
 * Where the data of a bank lies, and the savepoints that its lives make. A later life may begin a new data directory with
 * the last of them: what was acknowledged since it was asked for is then as if it had never been, and clients hand it
 * in again.
 */
import { join } from 'node:path';
import { SAVEPOINTS_NAME } from './call-plan.ts';

interface Savepoint {
  readonly path: string;
  /** Transfers that were acknowledged when it had been asked for; some of them may be in it. */
  readonly since: Set<string>;
}

export class BankSavepoints {
  /** The savepoint to begin with, as long as no life has opened the data directory that it is for. */
  from: string | undefined;
  readonly #folder: string;
  #directoryCount = 1;
  #count = 0;
  #asked: Savepoint | undefined;
  #made: Savepoint | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get data(): string {
    return join(this.#folder, `data-${this.#directoryCount}`);
  }

  get isMade(): boolean {
    return this.#made !== undefined;
  }

  /** Where the next one is to be. */
  ask(): string {
    const path = join(this.#folder, SAVEPOINTS_NAME, `${++this.#count}`);
    this.#asked = { path, since: new Set() };
    return path;
  }

  /** The one that was asked for last is complete. */
  made(): void {
    this.#made = this.#asked;
    this.#asked = undefined;
  }

  committed(id: string): void {
    this.#asked?.since.add(id);
    this.#made?.since.add(id);
  }

  /** The life has ended, and what it was asked for and has not made will not be made. */
  ended(): void {
    this.#asked = undefined;
  }

  /** The next life begins a new directory with the last savepoint. Returns which transfers are open again. */
  takeUp(): Iterable<string> {
    if (this.#made === undefined) throw new Error('there is no savepoint yet');
    const { path, since } = this.#made;
    this.from = path;
    this.#directoryCount++;
    this.#made = undefined;
    return since;
  }

  /** Goes on where another bank stands, whose files were copied. */
  goOnFrom(other: BankSavepoints): void {
    this.#directoryCount = other.#directoryCount;
    this.#count = other.#count;
    const made = other.#made;
    if (made === undefined) return;
    const path = made.path.replace(other.#folder, this.#folder);
    this.#made = { path, since: new Set(made.since) };
  }
}
