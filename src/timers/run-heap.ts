/**
 * The runs of `TimerQueue` in the order of their times: a heap of times and numbers. Of runs of the same time the one that
 * went in first comes out first.
 *
 * Each level of the heap is a piece of memory of its own, so that growing copies nothing (I10).
 *
 * ```
 *   level 0:  │ 0 │                                    the first one
 *   level 1:  │ 0 │ 1 │ 2 │ 3 │                        node n of a level has the children 4n … 4n + 3 in the next
 *   level 2:  │ 0 … 3 │ 4 … 7 │ 8 … 11 │ 12 … 15 │      only the last level may have room
 * ```
 */

/** Children of a node, as a power of two. With four of them a heap is half as high as with two, and they lie together. */
const ARITY_BITS = 2;
const ARITY = 1 << ARITY_BITS;

/** Levels that stay. */
const LEVELS_MIN = 5;

interface Level {
  readonly dues: Float64Array;
  /** How many went in before. */
  readonly orders: Float64Array;
  readonly runs: Int32Array;
}

export class RunHeap {
  /** How many there are. */
  size = 0;
  readonly #levels: Level[] = [newLevel(0)];
  /** The level in which the next one has its place, and how many are there. */
  #last = 0;
  #lastCount = 0;
  #count = 0;

  /** When the first one is due; never, if there is none. */
  get dueMs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.#levels[0].dues[0];
  }

  /** The first one. There must be one. */
  get first(): number {
    return this.#levels[0].runs[0];
  }

  add(dueMs: number, run: number): void {
    let level = this.#last;
    let hole = this.#lastCount;
    this.#grow();
    const levels = this.#levels;
    while (level > 0) {
      const above = levels[level - 1];
      const parent = hole >>> ARITY_BITS;
      // Whatever is due at the same time went in before.
      if (above.dues[parent] <= dueMs) break;
      put(levels[level], hole, above.dues[parent], above.orders[parent], above.runs[parent]);
      level--;
      hole = parent;
    }
    put(levels[level], hole, dueMs, this.#count++, run);
  }

  /** Removes the first one and returns it. There must be one. */
  take(): number {
    const { first } = this;
    this.#shrink();
    if (this.size > 0) {
      const { dues, orders, runs } = this.#levels[this.#last];
      const at = this.#lastCount;
      this.#sink(dues[at], orders[at], runs[at]);
    }
    return first;
  }

  /** Finds the place for what stood last, from the top down. */
  #sink(due: number, order: number, run: number): void {
    const levels = this.#levels;
    let level = 0;
    let hole = 0;
    for (; level < this.#last; level++) {
      const below = levels[level + 1];
      const child = this.#firstChild(below, level + 1, hole);
      if (child === -1 || !isBefore(below, child, due, order)) break;
      put(levels[level], hole, below.dues[child], below.orders[child], below.runs[child]);
      hole = child;
    }
    put(levels[level], hole, due, order, run);
  }

  /** The child of a node that comes out first; -1 if there is none. */
  #firstChild(below: Level, level: number, node: number): number {
    const start = node << ARITY_BITS;
    const count = level === this.#last ? this.#lastCount : below.dues.length;
    if (start >= count) return -1;
    const end = Math.min(start + ARITY, count);
    let first = start;
    for (let child = start + 1; child < end; child++) {
      if (isBefore(below, child, below.dues[first], below.orders[first])) first = child;
    }
    return first;
  }

  /** One more place is taken. */
  #grow(): void {
    this.size++;
    if (++this.#lastCount < this.#levels[this.#last].dues.length) return;
    this.#last++;
    this.#lastCount = 0;
    if (this.#last === this.#levels.length) this.#levels.push(newLevel(this.#last));
  }

  /** The last place is free. A level that is not needed is kept until the one above it is half empty. */
  #shrink(): void {
    this.size--;
    if (this.#lastCount-- === 0) {
      this.#last--;
      this.#lastCount = this.#levels[this.#last].dues.length - 1;
    }
    if (this.#last < LEVELS_MIN || this.#levels.length === this.#last + 1) return;
    if (this.#lastCount * 2 < this.#levels[this.#last].dues.length) this.#levels.length = this.#last + 1;
  }
}

function newLevel(level: number): Level {
  const count = 1 << (ARITY_BITS * level);
  return { dues: new Float64Array(count), orders: new Float64Array(count), runs: new Int32Array(count) };
}

function isBefore({ dues, orders }: Level, node: number, due: number, order: number): boolean {
  return dues[node] < due || (dues[node] === due && orders[node] < order);
}

function put(level: Level, at: number, due: number, order: number, run: number): void {
  level.dues[at] = due;
  level.orders[at] = order;
  level.runs[at] = run;
}
