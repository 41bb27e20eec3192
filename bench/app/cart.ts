/**
 * The shopping cart of `examples/shopping-cart`: a crowd fills carts, empties them and pays, and asks the stock of an item
 * for each thing.
 *
 * ```
 *   AddToCart ──▶ cart ──▶ inventory ──▶ cart ──▶ egress          10,000 carts, 1,000 items; now and then new stock
 * ```
 *
 * The checksum is the number of units that are left or were paid for after all carts have paid; none may be sold twice or
 * lost. What was paid for is counted from receipts, which leave through an egress once they are committed.
 */
import { defineEgress, type Engine } from '../../src/index.ts';
import {
  cart as cartType,
  inventory,
  type Receipt,
  receipts,
  type ShopperMessage,
  addToCartResults,
} from '../../examples/shopping-cart/module.ts';
import { Prng } from '../../src/base/prng.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { namedIds } from '../flow/entity-ids.ts';
import { appBenchmark, type AppRun } from './app-benchmark.ts';

const CART_COUNT = 10_000;
const ITEM_COUNT = 1_000;
/** In small. */
const SMOKE_SHARE = 0.01;
const FIRST_STOCK = 1_000;
const RESTOCK = 50;
/** What is counted at the end is found after a reopen: it need not wait for one more commit each time. */
const PROCESSED = { until: 'processed', timeoutMs: 60_000 } as const;

export const shoppingCart: Benchmark = appBenchmark({
  name: 'shopping-cart',
  unit: 'commands/s',
  describe: (options) =>
    `${cartCount(options).toLocaleString('en-US')} carts, ${ITEM_COUNT.toLocaleString('en-US')} items, committed`,
  module: () => new URL('../../examples/shopping-cart/module.ts', import.meta.url),
  open: (options) => new CartRun(options),
});

function cartCount(options: Options): number {
  return entityCount(options, CART_COUNT, CART_COUNT * SMOKE_SHARE);
}

class CartRun implements AppRun {
  readonly #random = new Prng(4);
  readonly #carts: readonly string[];
  readonly #items: readonly string[];
  #stocked = 0;
  #paid = 0;

  readonly egresses = [
    defineEgress<Receipt>({ type: receipts, sink: { write: (records) => this.#count(records) } }),
    defineEgress({ type: addToCartResults, sink: { write() {} } }),
  ];

  constructor(options: Options) {
    const share = options.size === 'smoke' ? SMOKE_SHARE : 1;
    this.#carts = namedIds('cart', cartCount(options));
    this.#items = namedIds('item', ITEM_COUNT * share);
  }

  async load(engine: Engine): Promise<void> {
    // Together: one after the other, each would wait for a checkpoint of its own.
    await Promise.all(this.#items.map((item) => this.#restock(engine, item, FIRST_STOCK)));
  }

  next(engine: Engine): Promise<void> {
    const chance = this.#random.below(1_000);
    const item = this.#items[this.#random.below(this.#items.length)];
    if (chance < 5) return this.#restock(engine, item, RESTOCK);
    const id = this.#carts[this.#random.below(this.#carts.length)];
    return engine.send(cartType, id, this.#command(chance, item));
  }

  #command(chance: number, item: string): ShopperMessage {
    if (chance < 100) return { kind: 'Checkout' };
    if (chance < 300) return { kind: 'ClearCart' };
    return { kind: 'AddToCart', item, quantity: 1 + this.#random.below(3) };
  }

  async check(engine: Engine): Promise<{ checksum: string; expected: string }> {
    for (const id of this.#carts) await engine.send(cartType, id, { kind: 'Checkout' }, { until: 'accepted' });
    await engine.drained();
    let left = 0;
    for (const item of this.#items) {
      const level = await engine.ask(inventory, item, { kind: 'CountStock' }, PROCESSED);
      if (level.kind === 'StockLevel') left += level.units;
    }
    return { checksum: String(left + this.#paid), expected: String(this.#stocked) };
  }

  #restock(engine: Engine, item: string, quantity: number): Promise<void> {
    this.#stocked += quantity;
    return engine.send(inventory, item, { kind: 'Restock', quantity });
  }

  #count(records: readonly Receipt[]): void {
    for (const { items } of records) for (const quantity of Object.values(items)) this.#paid += quantity;
  }
}
