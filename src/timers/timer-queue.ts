/**
 * The timers that are due soon, in the order in which they are: a heap of times and timers, pure, without a clock of its own
 * and without Node's timers, which wrap at 24.8 days. Those of one millisecond come out in the order in which they went
 * in. What it is given is the owner's business, and so is whether there still is such a timer when it comes out.
 *
 * The heap is made of numbers only. The timers themselves stay where they were put first: each move of an object would
 * be told to the garbage collector.
 */

/** Children of a node. With four of them a heap is half as high as with two, and its nodes lie together. */
const ARITY = 4;
const CAPACITY_MIN = 64;

export class TimerQueue<Timer> {
  size = 0;
  #dues = new Float64Array(CAPACITY_MIN);
  /** How many went in before. */
  #orders = new Float64Array(CAPACITY_MIN);
  /** Where each lies in `#timers`; behind the heap, the places that are free there. */
  #places = new Int32Array(CAPACITY_MIN).map((_, place) => place);
  #timers: (Timer | undefined)[] = [];
  #count = 0;

  /** When the first one is due; never, if there is none. */
  get dueMs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.#dues[0];
  }

  add(dueMs: number, timer: Timer): void {
    if (this.size === this.#dues.length) this.#resize(this.size * 2);
    let hole = this.size++;
    const place = this.#places[hole];
    this.#timers[place] = timer;
    while (hole > 0) {
      const parent = Math.floor((hole - 1) / ARITY);
      // Whatever is due at the same time went in before.
      if (this.#dues[parent] <= dueMs) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, dueMs, this.#count++, place);
  }

  /** Removes the first one and returns it. There must be one. */
  take(): Timer {
    const [first] = this.#places;
    const timer = this.#timers[first] as Timer;
    this.#timers[first] = undefined;
    const last = --this.size;
    if (last > 0) this.#sink(this.#dues[last], this.#orders[last], this.#places[last]);
    this.#places[last] = first;
    if (last < this.#dues.length / ARITY && last >= CAPACITY_MIN) this.#shrink();
    return timer;
  }

  /** Finds the place for what stood last, from the top down. */
  #sink(due: number, order: number, place: number): void {
    let hole = 0;
    for (;;) {
      const child = this.#firstChild(hole);
      if (child === 0 || !this.#isBefore(child, due, order)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, due, order, place);
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
    this.#put(to, this.#dues[from], this.#orders[from], this.#places[from]);
  }

  #put(at: number, due: number, order: number, place: number): void {
    this.#dues[at] = due;
    this.#orders[at] = order;
    this.#places[at] = place;
  }

  /** Brings the timers together in the order of the heap. */
  #shrink(): void {
    const timers = this.#timers;
    this.#timers = Array.from(this.#places.subarray(0, this.size), (place) => timers[place]);
    for (let place = 0; place < this.size; place++) this.#places[place] = place;
    this.#resize(this.#dues.length / 2);
  }

  #resize(capacity: number): void {
    const [dues, orders, places] = [new Float64Array(capacity), new Float64Array(capacity), new Int32Array(capacity)];
    dues.set(this.#dues.subarray(0, this.size));
    orders.set(this.#orders.subarray(0, this.size));
    places.set(this.#places.subarray(0, this.size));
    for (let place = this.size; place < capacity; place++) places[place] = place;
    this.#dues = dues;
    this.#orders = orders;
    this.#places = places;
  }
}
