/**
 * Shows how far a run is: a bar on a terminal, a plain line now and then anywhere else. It writes to standard error, so
 * that it never mixes with results.
 */

const BAR_WIDTH = 30;
const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 1_000;

export class Progress {
  readonly #doneCount: () => number;
  readonly #totalCount: number | undefined;
  readonly #isBar = process.stderr.isTTY === true && !process.env['CI'];
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;

  /** `totalCount` is undefined when nobody knows how much there is. */
  constructor(doneCount: () => number, totalCount: number | undefined) {
    this.#doneCount = doneCount;
    this.#totalCount = totalCount;
    this.#timer = setInterval(() => this.#show(), this.#isBar ? BAR_INTERVAL_MS : LINE_INTERVAL_MS);
  }

  /** Shows where it ended. */
  end(): void {
    clearInterval(this.#timer);
    this.#show();
    if (this.#isBar) process.stderr.write('\n');
  }

  #show(): void {
    const line = this.#line();
    process.stderr.write(this.#isBar ? `\r${line}\u001b[K` : `${line}\n`);
  }

  #line(): string {
    const done = this.#doneCount();
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const pace = `${Math.round(done / Math.max(seconds, 0.001)).toLocaleString('en')}/s`;
    if (this.#totalCount === undefined) return `${done.toLocaleString('en')} flights  ${pace}`;
    const part = done / this.#totalCount;
    const filled = Math.round(part * BAR_WIDTH);
    const bar = this.#isBar ? `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ` : '';
    const percent = `${Math.floor(part * 100)} %`.padStart(5);
    return `${bar}${percent}  ${done.toLocaleString('en')} of ${this.#totalCount.toLocaleString('en')} flights  ${pace}`;
  }
}
