/**
 * What schemas, versions and expirations are to the compiler. This file is only ever compiled: every line below a
 * `@ts-expect-error` must be an error, and everything else must not be one.
 */
import { defineFunction, functionType, list, type StandardSchema, table, value } from '../../src/index.ts';

interface Cart {
  readonly items: readonly string[];
}
declare const cartSchema: StandardSchema<Cart>;
/** Takes texts and gives numbers. */
declare const amountSchema: StandardSchema<string, number>;

export const cart = defineFunction({
  type: 'shop/cart',
  messages: amountSchema,
  state: {
    cart: value({ schema: cartSchema }),
    first: value({ schema: cartSchema, initial: { items: [] } }),
    total: value({ initial: 0, version: 2, migrate: { 1: (old: string) => Number(old) } }),
    seen: value<number>({ expire: { after: '30 days', since: 'access' } }),
    raw: value<Cart>({ version: 3, migrate: { 1: (old) => ({ items: old }), 2: (old) => old as Cart } }),
  },
  invoke(ctx, message) {
    // The function gets what the schema gives.
    const amount: number = message;
    ctx.state.total += amount;
    ctx.state.cart = { items: ['a'] };
    // @ts-expect-error -- no value of the schema's type
    ctx.state.cart = { items: 'a' };
    // @ts-expect-error -- it may be undefined
    void ctx.state.cart.items;
    void ctx.state.first.items;
    // @ts-expect-error -- a value that may have expired may be undefined
    void ctx.state.seen.toFixed();
    ctx.state.seen = (ctx.state.seen ?? 0) + 1;
    void ctx.state.raw?.items;
  },
});

// Others send what the schema takes.
export const sender = defineFunction({
  type: 'shop/sender',
  invoke(ctx, _message: null) {
    ctx.send(cart, 'Kim', '17');
    // @ts-expect-error -- what it gives is not what it takes
    ctx.send(cart, 'Kim', 17);
  },
});

// @ts-expect-error -- the initial value must be of the schema's type
value({ schema: cartSchema, initial: { items: 1 } });
// @ts-expect-error -- a time is needed
value({ expire: { since: 'write' } });
// @ts-expect-error -- no such beginning
value({ expire: { after: 1, since: 'birth' } });

export const token = functionType<string, 'done'>('shop/token');
export const named = defineFunction({
  type: token,
  messages: amountSchema,
  invoke: (ctx, message) => {
    void message.toFixed();
    ctx.reply('done');
    // @ts-expect-error -- the token says what it replies
    ctx.reply('failed');
  },
});

defineFunction({
  type: functionType<Cart>('shop/other'),
  // @ts-expect-error -- the token takes something else than the schema
  messages: amountSchema,
  invoke: (_ctx, _message) => {},
});

export const shelf = defineFunction({
  type: 'shop/shelf',
  state: {
    carts: table({ schema: cartSchema, version: 2, migrate: { 1: (old) => old as Cart } }),
    amounts: list({ schema: amountSchema }),
    hits: table({ initial: 0, expire: { after: '1 h', since: 'access' } }),
    offers: table<Cart>({ expire: { after: '7 days' } }),
    log: list<string>({ version: 2, migrate: { 1: String }, expire: { after: '1 h' } }),
  },
  invoke(ctx, _message: null) {
    ctx.state.carts.set('a', { items: [] });
    // @ts-expect-error -- no entry of the schema's type
    ctx.state.carts.set('a', { items: 1 });
    // @ts-expect-error -- there may be none
    void ctx.state.carts.get('a').items;
    ctx.state.hits.set('a', ctx.state.hits.get('a') + 1);
    // @ts-expect-error -- it may have expired
    void ctx.state.offers.get('a').items;
    ctx.state.log.append('a');
    // @ts-expect-error -- no element
    ctx.state.log.append(1);
    ctx.state.amounts.append(17);
    // @ts-expect-error -- what the schema gives is what the list holds
    ctx.state.amounts.append('17');
  },
});
// @ts-expect-error -- a time is needed
table({ expire: { since: 'write' } });
