/**
 * The functions of programs/README.md once more, as functions of this engine: for the engine itself, and for a Flink that
 * calls them at our endpoint.
 */
import { type Context, defineEgress, defineFunction, defineModule, value } from '../../src/index.ts';
import { kafkaRecord, type TypedValue } from '../../src/statefun/index.ts';

const CART = 'shop.fns/cart';
const STOCK = 'shop.fns/stock';

const greetings = defineEgress<string>({ type: 'greeter.fns/greetings' });
const receipts = defineEgress<TypedValue>({ type: 'shop.fns/receipts' });

const greeter = defineFunction({
  type: 'greeter.fns/greeter',
  state: { seen: value<number>({ initial: 0, expire: { after: '1 d', since: 'access' } }) },
  invoke(ctx, greeting: string) {
    ctx.state.seen += 1;
    ctx.egress(greetings, `${greeting} ${ctx.self.id}, ${ctx.state.seen}`);
  },
});

const stock = defineFunction({
  type: STOCK,
  state: { inventory: value<number>({ initial: 0 }) },
  invoke(ctx, message: string) {
    const [verb, text] = message.split(' ');
    const count = Number(text);
    if (verb === 'restock') {
      ctx.state.inventory += count;
      return;
    }
    const isThere = ctx.state.inventory >= count;
    if (isThere) ctx.state.inventory -= count;
    if (ctx.caller === undefined) throw new Error('nobody asks');
    const { type, id } = ctx.caller;
    ctx.send(type, id, `${isThere ? 'available' : 'missing'} ${ctx.self.id} ${count}`);
  },
});

const cartState = {
  basket: value<Record<string, number>>({ initial: {} }),
  waiting: value<number>({ initial: 0 }),
  leaving: value<boolean>({ initial: false }),
};

type CartContext = Context<typeof cartState>;

const cart = defineFunction({
  type: CART,
  state: cartState,
  invoke(ctx, message: string) {
    const [verb = '', item = '', count = ''] = message.split(' ');
    if (verb === 'add') {
      ctx.state.waiting += 1;
      ctx.send(STOCK, item, `request ${count}`);
    } else if (verb === 'available') {
      ctx.state.waiting -= 1;
      put(ctx, item, Number(count));
    } else if (verb === 'missing') {
      ctx.state.waiting -= 1;
      receipt(ctx, `misses ${item}:${count}`);
    } else if (verb === 'checkout') ctx.state.leaving = true;
    else if (verb === 'clear' || verb === 'forget') {
      for (const [each, there] of Object.entries(ctx.state.basket)) ctx.send(STOCK, each, `restock ${there}`);
      empty(ctx);
    } else throw new Error(`unknown: ${verb}`);
    if (!ctx.state.leaving || ctx.state.waiting > 0) return;
    const bought = Object.entries(ctx.state.basket).map(([each, there]) => `${each}:${there}`);
    receipt(ctx, `buys ${bought.join() || 'nothing'}`);
    empty(ctx);
    ctx.clear('leaving');
  },
});

function put(ctx: CartContext, item: string, count: number): void {
  const { basket } = ctx.state;
  if (Object.keys(basket).length === 0) ctx.sendAfter('10 min', CART, ctx.self.id, 'forget', { token: 'forget' });
  ctx.state.basket = { ...basket, [item]: (basket[item] ?? 0) + count };
}

function empty(ctx: CartContext): void {
  if (Object.keys(ctx.state.basket).length === 0) return;
  ctx.cancel('forget');
  ctx.clear('basket');
}

function receipt(ctx: CartContext, text: string): void {
  const { id } = ctx.self;
  const bytes = new TextEncoder().encode(`${id} ${text}`);
  ctx.egress(receipts, kafkaRecord({ topic: 'receipts', key: id, value: bytes }));
}

export default defineModule({ functions: [greeter, stock, cart], egresses: [greetings, receipts] });
