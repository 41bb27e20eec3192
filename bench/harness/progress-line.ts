/**
 * How far a run has come, for people: on a terminal one line that is rewritten in place, elsewhere a line a minute at
 * most. Time left is told from the turns that are over, so it is worth something once every kind of turn was seen.
 */
import type { Progress } from './benchmark.ts';

const QUIET_MS = 60_000;
const COLUMNS = 120;

export class ProgressLine {
  readonly #turnsTotal: number;
  readonly #startedMs = performance.now();
  readonly #isTerminal = process.stderr.isTTY;
  #turns = 0;
  #saidMs: number = performance.now();

  constructor(turnsTotal: number) {
    this.#turnsTotal = turnsTotal;
  }

  readonly say: Progress = (text) => {
    if (this.#isTerminal) {
      process.stderr.write(`\r\x1b[K${this.#line(text).slice(0, (process.stderr.columns ?? COLUMNS) - 1)}`);
      return;
    }
    if (performance.now() - this.#saidMs < QUIET_MS) return;
    this.#saidMs = performance.now();
    process.stderr.write(`${this.#line(text)}\n`);
  };

  /** One turn of one contender is over. */
  turnOver(): void {
    this.#turns++;
  }

  /** Makes room for what is printed next. */
  clear(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K');
  }

  #line(text: string): string {
    const elapsedMs = performance.now() - this.#startedMs;
    const left = this.#turns === 0 ? '' : `, about ${duration((elapsedMs / this.#turns) * this.#turnsLeft)} left`;
    return `[${this.#turns}/${this.#turnsTotal}, ${duration(elapsedMs)}${left}] ${text}`;
  }

  get #turnsLeft(): number {
    return Math.max(0, this.#turnsTotal - this.#turns);
  }
}

/** `50 s`, `4 min`, `1 h 10 min`: nobody needs it finer. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
