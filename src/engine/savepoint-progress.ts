/**
 * How far something has come that may take long: filling a data directory from a savepoint, carrying it over to another
 * number of shards, writing a savepoint from bulk data. Whoever started it may be called back; and who sits at a terminal
 * sees a line that is there while it lasts.
 */
import { type Clock, systemClock } from '../base/clock.ts';

export interface Progress {
  readonly phase: 'import' | 'reshard' | 'bootstrap';
  /** Entities, or key groups for `'reshard'`. */
  readonly done: number;
  /** Undefined when nobody knows. */
  readonly total: number | undefined;
}

export type ProgressListener = (progress: Progress) => void;

/** What is quicker than this shows no line. */
const SHOWN_AFTER_MS = 1_000;
const INTERVAL_MS = 200;

const TEXTS: Readonly<Record<Progress['phase'], string>> = {
  import: 'Taking up the savepoint: entities',
  reshard: 'Carrying the data over to another number of shards: key groups',
  bootstrap: 'Writing a savepoint: entities',
};

/** Where a line can be shown; standard error is one. */
export interface ProgressTerminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class ProgressReport {
  readonly #phase: Progress['phase'];
  readonly #listener: ProgressListener | undefined;
  readonly #terminal: ProgressTerminal;
  readonly #clock: Clock;
  readonly #startMs: number;
  #toldMs: number;
  #isShown = false;

  constructor(
    phase: Progress['phase'],
    listener: ProgressListener | undefined,
    terminal: ProgressTerminal = process.stderr,
    clock: Clock = systemClock,
  ) {
    this.#phase = phase;
    this.#listener = listener;
    this.#terminal = terminal;
    this.#clock = clock;
    this.#startMs = clock.elapsedMs();
    this.#toldMs = Number.NEGATIVE_INFINITY;
  }

  /** It has come so far; told a few times a second. */
  at(done: number, total: number | undefined): void {
    const nowMs = this.#clock.elapsedMs();
    if (nowMs - this.#toldMs < INTERVAL_MS) return;
    this.#toldMs = nowMs;
    this.#listener?.({ phase: this.#phase, done, total });
    if (this.#terminal.isTTY === true && nowMs - this.#startMs >= SHOWN_AFTER_MS) this.#show(done, total);
  }

  #show(done: number, total: number | undefined): void {
    this.#isShown = true;
    const share = total === undefined || total === 0 ? '' : ` of ${total} (${Math.floor((100 * done) / total)} %)`;
    this.#terminal.write(`\r\x1b[K${TEXTS[this.#phase]} ${done}${share}`);
  }

  /** All of it is done. */
  done(total: number): void {
    this.#listener?.({ phase: this.#phase, done: total, total });
    this.end();
  }

  /** Takes the line away, however it went. */
  end(): void {
    if (this.#isShown) this.#terminal.write('\r\x1b[K');
    this.#isShown = false;
  }
}
