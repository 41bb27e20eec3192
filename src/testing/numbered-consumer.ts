/**
 * A consumer of an egress that knows no transactions: it may get a record again, but always under the same number, and
 * in the order of the numbers. Now and then it takes its time.
 */
import { check } from './violation.ts';
import type { Outside } from './workload.ts';

export class NumberedConsumer<Item> {
  readonly #outside: Outside;
  /** All that came, each once. */
  readonly items: Item[] = [];

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  take(item: Item, sequence: number): Promise<void> | void {
    const { prng, linger, note } = this.#outside;
    const known = this.items.length;
    note(sequence);
    check(sequence <= known, () => `record ${sequence} came after ${known} records`);
    if (sequence === known) this.items.push(item);
    const before = JSON.stringify(this.items[sequence]);
    check(
      before === JSON.stringify(item),
      () => `record ${sequence} was ${before} before, not ${JSON.stringify(item)}`,
    );
    if (prng.chance(0.1)) return linger();
  }

  /** All records, each once; there must be so many. */
  all(count: number): readonly Item[] {
    check(this.items.length === count, () => `${this.items.length} records came of ${count}`);
    return this.items;
  }
}
