/**
 * The timers that are due soon, in the order in which they are: a heap of times and keys, pure, without a clock of its own
 * and without Node's timers, which wrap at 24.8 days. Those of one millisecond come out in the order in which they went
 * in. It holds keys only; whether there still is a timer under a key is for the owner to see.
 */

/** Children of a node. With four of them a heap is half as high as with two, and its nodes lie together. */
const ARITY = 4;
const CAPACITY_MIN = 64;

export class TimerQueue {
  size = 0;
  #dues = new Float64Array(CAPACITY_MIN);
  /** How many went in before. */
  #orders = new Float64Array(CAPACITY_MIN);
  #keys: string[] = [];
  #count = 0;

  /** When the first one is due; never, if there is none. */
  get dueMs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.#dues[0];
  }

  add(dueMs: number, key: string): void {
    if (this.size === this.#dues.length) this.#resize(this.size * 2);
    let hole = this.size++;
    while (hole > 0) {
      const parent = Math.floor((hole - 1) / ARITY);
      // Whatever is due at the same time went in before.
      if (this.#dues[parent] <= dueMs) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, dueMs, this.#count++, key);
  }

  /** Removes the first one and returns its key. There must be one. */
  take(): string {
    const [first] = this.#keys;
    const last = --this.size;
    const [due, order, key] = [this.#dues[last], this.#orders[last], this.#keys[last]];
    this.#keys.length = last;
    if (last > 0) this.#sink(due, order, key);
    if (this.size < this.#dues.length / ARITY && this.size >= CAPACITY_MIN) this.#resize(this.#dues.length / 2);
    return first;
  }

  /** Finds the place for what stood last, from the top down. */
  #sink(due: number, order: number, key: string): void {
    let hole = 0;
    for (;;) {
      const child = this.#firstChild(hole);
      if (child === 0 || !this.#isBefore(child, due, order)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, due, order, key);
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
    this.#put(to, this.#dues[from], this.#orders[from], this.#keys[from]);
  }

  #put(at: number, due: number, order: number, key: string): void {
    this.#dues[at] = due;
    this.#orders[at] = order;
    this.#keys[at] = key;
  }

  #resize(capacity: number): void {
    const [dues, orders] = [new Float64Array(capacity), new Float64Array(capacity)];
    dues.set(this.#dues.subarray(0, this.size));
    orders.set(this.#orders.subarray(0, this.size));
    this.#dues = dues;
    this.#orders = orders;
  }
}
