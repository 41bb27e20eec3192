/**
 * The timers that are due soon, in the order in which they are, as numbers: pure, without a clock of its own and without
 * Node's timers, which wrap at 24.8 days. Those of one millisecond come out in the order in which they went in. What a
 * number means is the owner's business, and so is whether there still is such a timer when it comes out.
 *
 * Many are due in the same millisecond, so those are a *run*, a list to which is added at its end; only runs are compared
 * with each other (`RunHeap`). A run is found by its time in a ring of lanes. Where two times have the same lane, the one
 * that comes later gets runs of its own; they have gone into the heap in the order in which they came, so that order holds.
 *
 * ```
 *   lanes:  │ run │ -1 │ run │ …                                    16,384 of them, by the due time's low bits
 *   run:    │ head │ tail │ due, high (32) │ due, low (32) │        a link: │ next │ timer │
 * ```
 */
import { WordColumns } from '../state/word-columns.ts';
import { RunHeap } from './run-heap.ts';

/** Longer than the window in which timers are in memory. */
const LANE_COUNT = 1 << 14;
const LANE_MASK = LANE_COUNT - 1;
const WORD = 2 ** 32;
const NONE = -1;

const RUN_WORDS = 4;
const [HEAD, TAIL, DUE_HIGH, DUE_LOW] = [0, 1, 2, 3] as const;
const LINK_WORDS = 2;
const [NEXT, TIMER] = [0, 1] as const;

export class TimerQueue {
  size = 0;
  readonly #heap = new RunHeap();
  readonly #runs = new WordColumns(RUN_WORDS);
  readonly #links = new WordColumns(LINK_WORDS);
  readonly #lanes = new Int32Array(LANE_COUNT).fill(NONE);

  /** When the first one is due; never, if there is none. */
  get dueMs(): number {
    return this.#heap.dueMs;
  }

  /** `dueMs` is a whole number from 0 on, `timer` a 32-bit integer. */
  add(dueMs: number, timer: number): void {
    const links = this.#links;
    const link = links.take();
    links.write(link, NEXT, NONE);
    links.write(link, TIMER, timer);
    this.size++;
    const runs = this.#runs;
    // The bits of a number beyond 32 do not matter here.
    const low = dueMs | 0;
    const run = this.#lanes[low & LANE_MASK];
    if (run === NONE || runs.read(run, DUE_LOW) !== low || runs.read(run, DUE_HIGH) !== Math.floor(dueMs / WORD)) {
      this.#newRun(dueMs, link);
    } else {
      links.write(runs.read(run, TAIL), NEXT, link);
      runs.write(run, TAIL, link);
    }
  }

  #newRun(dueMs: number, link: number): void {
    const runs = this.#runs;
    const run = runs.take();
    runs.write(run, HEAD, link);
    runs.write(run, TAIL, link);
    runs.write(run, DUE_HIGH, Math.floor(dueMs / WORD));
    runs.write(run, DUE_LOW, dueMs | 0);
    const lane = dueMs & LANE_MASK;
    if (this.#lanes[lane] === NONE) this.#lanes[lane] = run;
    this.#heap.add(dueMs, run);
  }

  /** Removes the first one and returns it. There must be one. */
  take(): number {
    const run = this.#heap.first;
    const links = this.#links;
    const link = this.#runs.read(run, HEAD);
    const timer = links.read(link, TIMER);
    const next = links.read(link, NEXT);
    links.free(link);
    this.size--;
    if (next === NONE) this.#endRun(run);
    else this.#runs.write(run, HEAD, next);
    return timer;
  }

  /** The same for as many of the first run as there is room for; returns how many. */
  takeMany(timers: Int32Array, countMax: number): number {
    const run = this.#heap.first;
    let count = 0;
    while (count < countMax && this.size > 0 && this.#heap.first === run) timers[count++] = this.take();
    return count;
  }

  #endRun(run: number): void {
    const lane = this.#runs.read(run, DUE_LOW) & LANE_MASK;
    if (this.#lanes[lane] === run) this.#lanes[lane] = NONE;
    this.#heap.take();
    this.#runs.free(run);
  }
}
