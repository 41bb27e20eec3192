/**
 * Sends a random crowd after too few units, and checks that not one was sold twice or lost:
 * `node examples/shopping-cart/main.ts [--actions N] [--seed N]`. In a project of your own, import from 'millrace'.
 */
import { parseArgs } from 'node:util';
import { type Engine, startEngine } from '../../src/index.ts';
import { addToCartResults, cart, inventory, receipts } from './module.ts';

const ITEMS = ['socks', 'kettle', 'lamp', 'violin', 'tent'];
const CART_COUNT = 500;
const FIRST_STOCK = 200;

/** Mulberry32: a small seeded generator, so that a seed names a whole run. Returns whole numbers below `bound`. */
function generator(seed: number): (bound: number) => number {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

class Tally {
  readonly stocked = new Map<string, number>();
  readonly sold = new Map<string, number>();
  readonly results = new Map<string, number>();

  static add(counts: Map<string, number>, key: string, count: number): void {
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
}

async function restock(engine: Engine, tally: Tally, item: string, quantity: number): Promise<void> {
  Tally.add(tally.stocked, item, quantity);
  await engine.send(inventory, item, { kind: 'Restock', quantity });
}

async function act(engine: Engine, tally: Tally, below: (bound: number) => number): Promise<void> {
  const id = `cart-${below(CART_COUNT)}`;
  const item = ITEMS[below(ITEMS.length)];
  const chance = below(1000);
  if (chance < 5) await restock(engine, tally, item, 1 + below(50));
  else if (chance < 100) await engine.send(cart, id, { kind: 'Checkout' });
  else if (chance < 300) await engine.send(cart, id, { kind: 'ClearCart' });
  else await engine.send(cart, id, { kind: 'AddToCart', item, quantity: 1 + below(3) });
}

/** Sells what is left in carts, and waits until nothing moves any more. */
async function close(engine: Engine): Promise<void> {
  await engine.drained();
  for (let number = 0; number < CART_COUNT; number++) await engine.send(cart, `cart-${number}`, { kind: 'Checkout' });
  await engine.drained();
}

async function unitsLeft(engine: Engine, item: string): Promise<number> {
  const level = await engine.ask(inventory, item, { kind: 'CountStock' });
  if (level.kind !== 'StockLevel') throw new Error(`${item} answered ${level.kind}`);
  return level.units;
}

/** One line per item. Returns whether every unit is accounted for. */
async function balance(engine: Engine, { stocked, sold }: Tally): Promise<boolean> {
  let isBalanced = true;
  for (const item of ITEMS) {
    const [in_, out, left] = [stocked.get(item) ?? 0, sold.get(item) ?? 0, await unitsLeft(engine, item)];
    const isRight = out + left === in_ && left >= 0;
    console.log(`${item.padEnd(8)} ${out} sold + ${left} left = ${out + left} of ${in_} ${isRight ? 'ok' : 'WRONG'}`);
    isBalanced &&= isRight;
  }
  return isBalanced;
}

async function trade(engine: Engine, actionCount: number, below: (bound: number) => number): Promise<boolean> {
  const tally = new Tally();
  engine.egress(addToCartResults, ({ status }) => Tally.add(tally.results, status, 1));
  engine.egress(receipts, ({ items }) => {
    for (const [item, quantity] of Object.entries(items)) Tally.add(tally.sold, item, quantity);
  });

  for (const item of ITEMS) await restock(engine, tally, item, FIRST_STOCK);
  for (let action = 0; action < actionCount; action++) await act(engine, tally, below);
  await close(engine);

  const [reserved, unavailable] = ['reserved', 'unavailable'].map((status) => tally.results.get(status) ?? 0);
  console.log(`${reserved} reservations, ${unavailable} refused`);
  return balance(engine, tally);
}

function wholeNumber(flag: string, given: string): number {
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new Error(`--${flag} takes a whole number, not "${given}".`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { actions: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
  });
  const actionCount = wholeNumber('actions', values.actions);
  const below = generator(wholeNumber('seed', values.seed));
  const engine = await startEngine({ module: new URL('./module.ts', import.meta.url) });
  try {
    if (!(await trade(engine, actionCount, below))) process.exitCode = 1;
  } finally {
    await engine.stop();
  }
}

await main();
