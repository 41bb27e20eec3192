/**
 * The timers that are due soon, in the order in which they are: a heap of times and timers, pure, without a clock of its own
 * and without Node's timers, which wrap at 24.8 days. Those of one millisecond come out in the order in which they went
 * in. What it is given is the owner's business, and so is whether there still is
 * such a timer when it comes out.
 */

/** Children of a node. With four of them a heap is half as high as with two, and its nodes lie together. */
const ARITY = 4;
const CAPACITY_MIN = 64;

export class TimerQueue<Timer> {
  size = 0;
  #dues = new Float64Array(CAPACITY_MIN);
  /** How many went in before. */
  #orders = new Float64Array(CAPACITY_MIN);
  #timers: Timer[] = [];
  #count = 0;

  /** When the first one is due; never, if there is none. */
  get dueMs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.#dues[0];
  }

  add(dueMs: number, timer: Timer): void {
    if (this.size === this.#dues.length) this.#resize(this.size * 2);
    let hole = this.size++;
    while (hole > 0) {
      const parent = Math.floor((hole - 1) / ARITY);
      // Whatever is due at the same time went in before.
      if (this.#dues[parent] <= dueMs) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, dueMs, this.#count++, timer);
  }

  /** Removes the first one and returns it. There must be one. */
  take(): Timer {
    const [first] = this.#timers;
    const last = --this.size;
    const [due, order, timer] = [this.#dues[last], this.#orders[last], this.#timers[last]];
    this.#timers.length = last;
    if (last > 0) this.#sink(due, order, timer);
    if (this.size < this.#dues.length / ARITY && this.size >= CAPACITY_MIN) this.#resize(this.#dues.length / 2);
    return first;
  }

  /** Finds the place for what stood last, from the top down. */
  #sink(due: number, order: number, timer: Timer): void {
    let hole = 0;
    for (;;) {
      const child = this.#firstChild(hole);
      if (child === 0 || !this.#isBefore(child, due, order)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, due, order, timer);
  }

  /** The child of a node that comes out first; 0 if there is none. */
  #firstChild(node: number): number {
    const start = node * ARITY + 1;
    if (start >= this.size) return 0;
    const end = Math.min(start + ARITY, this.size);
    let first = start;
    for (let child = start + 1; child < end; child++) {
      if (this.#isBefore(child, this.#dues[first], this.#orders[first])) first = child;
    }
    return first;
  }

  #isBefore(node: number, due: number, order: number): boolean {
    return this.#dues[node] < due || (this.#dues[node] === due && this.#orders[node] < order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#dues[from], this.#orders[from], this.#timers[from]);
  }

  #put(at: number, due: number, order: number, timer: Timer): void {
    this.#dues[at] = due;
    this.#orders[at] = order;
    this.#timers[at] = timer;
  }

  #resize(capacity: number): void {
    const [dues, orders] = [new Float64Array(capacity), new Float64Array(capacity)];
    dues.set(this.#dues.subarray(0, this.size));
    orders.set(this.#orders.subarray(0, this.size));
    this.#dues = dues;
    this.#orders = orders;
  }
}
