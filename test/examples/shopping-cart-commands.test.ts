/**
 * Property-based tests of the shopping cart. fast-check makes up commands and shrinks those that fail to a few; first one
 * after the other against a model, then all at once, explored, against what must hold at any moment.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import cartModule, { addToCartResults, cart, inventory, receipts } from '../../examples/shopping-cart/module.ts';
import { type Cut, explore, type TestEngine, testEngine } from '../../src/testing/index.ts';

const ITEMS = ['socks', 'lamp'] as const;
const CARTS = ['Kim', 'Lou'] as const;

/** What the shop must be like, by the simplest program that says so. */
interface ShopModel {
  readonly stock: Map<string, number>;
  readonly carts: Map<string, Map<string, number>>;
  refusals: number;
}

type ShopCommand = fc.AsyncCommand<ShopModel, TestEngine>;

const item = fc.constantFrom(...ITEMS);
const id = fc.constantFrom(...CARTS);
const quantity = fc.integer({ min: 1, max: 5 });

function command(text: string, apply: (model: ShopModel) => void, run: (t: TestEngine) => Promise<void>): ShopCommand {
  return {
    check: () => true,
    async run(model, t) {
      apply(model);
      await run(t);
      for (const [name, units] of model.stock) expect(t.state(inventory, name)['units'], name).toBe(units);
      for (const [name, items] of model.carts) {
        expect(t.state(cart, name)['items'], name).toEqual(Object.fromEntries(items));
      }
      const refused = t.egress(addToCartResults).filter(({ status }) => status === 'unavailable');
      expect(refused).toHaveLength(model.refusals);
    },
    toString: () => text,
  };
}

const restock = fc.tuple(item, quantity).map(([name, count]) =>
  command(
    `restock ${count} ${name}`,
    ({ stock }) => stock.set(name, (stock.get(name) ?? 0) + count),
    (t) => t.send(inventory, name, { kind: 'Restock', quantity: count }),
  ),
);

const add = fc.tuple(id, item, quantity).map(([who, name, count]) =>
  command(
    `${who} adds ${count} ${name}`,
    (model) => {
      const left = (model.stock.get(name) ?? 0) - count;
      if (left < 0) return void model.refusals++;
      const items = model.carts.get(who) ?? new Map<string, number>();
      model.stock.set(name, left);
      model.carts.set(who, items.set(name, (items.get(name) ?? 0) + count));
    },
    (t) => t.send(cart, who, { kind: 'AddToCart', item: name, quantity: count }),
  ),
);

const clear = id.map((who) =>
  command(
    `${who} clears`,
    ({ stock, carts }) => {
      for (const [name, count] of carts.get(who) ?? []) stock.set(name, (stock.get(name) ?? 0) + count);
      carts.delete(who);
    },
    (t) => t.send(cart, who, { kind: 'ClearCart' }),
  ),
);

test('any commands, one after the other, do what the model says', async () => {
  const done = fc.assert(
    fc.asyncProperty(fc.commands([restock, add, clear], { maxCommands: 30 }), async (commands) => {
      const t = await testEngine(cartModule);
      const model: ShopModel = { stock: new Map(), carts: new Map(), refusals: 0 };
      await fc.asyncModelRun(() => ({ model, real: t }), commands);
    }),
    { numRuns: 100, seed: 1 },
  );
  await expect(done).resolves.toBeUndefined();
});

const STOCK = 10;

/** Every unit is on the shelf, in a cart, sold, or on its way between them. */
function unitsOf(cut: Cut, name: string): number {
  const shelf = Number(cut.state(inventory, name)['units']);
  const carts = [...cut.states(cart).values()].map(({ items }) => (items as Record<string, number>)[name] ?? 0);
  const sold = cut.egress(receipts).map(({ items }) => items[name] ?? 0);
  const onTheirWay = cut.messages.map(({ id: to, message }) => {
    const given = message as { readonly kind: string; readonly item?: string; readonly quantity?: number };
    const isMoving = given.kind === 'ItemReserved' ? given.item === name : given.kind === 'ReturnItem' && to === name;
    return isMoving ? (given.quantity ?? 0) : 0;
  });
  return [shelf, ...carts, ...sold, ...onTheirWay].reduce((sum, units) => sum + units, 0);
}

const order = fc.oneof(
  fc.record({ kind: fc.constant('AddToCart' as const), item, quantity }),
  fc.record({ kind: fc.constantFrom('ClearCart' as const, 'Checkout' as const) }),
);

test('any orders, all at once and whatever crashes, lose no unit', async () => {
  const done = fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(id, order), { maxLength: 12 }), fc.nat(), async (orders, firstSeed) => {
      await explore(
        {
          module: cartModule,
          async run(t) {
            await Promise.all(ITEMS.map((name) => t.send(inventory, name, { kind: 'Restock', quantity: STOCK })));
            await Promise.all(orders.map(([who, message]) => t.send(cart, who, message)));
          },
          invariant(cut) {
            for (const name of ITEMS) expect([0, STOCK], name).toContain(unitsOf(cut, name));
          },
          outcome(cut) {
            for (const name of ITEMS) expect(unitsOf(cut, name), name).toBe(STOCK);
          },
        },
        { seeds: 3, firstSeed },
      );
    }),
    { numRuns: 15, seed: 1 },
  );
  await expect(done).resolves.toBeUndefined();
});
