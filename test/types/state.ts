/**
 * What does and does not compile when functions use their state. This file is only ever compiled (`npm run typecheck`):
 * every line below a `@ts-expect-error` must be an error, and everything else must not be one.
 */
import { type Context, defineFunction, list, type StateOf, table, value } from '../../src/index.ts';

interface Order {
  readonly id: string;
  lines: { sku: string; amounts: number[] }[];
}

export const stock = defineFunction({
  type: 'shop/stock',
  state: {
    count: value({ initial: 0 }),
    last: value<Order>(),
    bySku: value<Map<string, { held: number }>>(),
    tags: value<Set<string>>({ initial: new Set() }),
    since: value<Date>({ initial: new Date(0) }),
    bytes: value<Uint8Array>({ initial: new Uint8Array() }),
  },
  invoke(ctx, message: Order) {
    const { state } = ctx;
    state.count = state.count + 1;
    state.last = message.id === '' ? undefined : message;
    // @ts-expect-error -- a value of another type
    state.count = 'one';
    // @ts-expect-error -- with an initial value there is no undefined to write; ctx.clear does that
    state.count = undefined;
    const count: number = state.count;
    ctx.clear('count');
    ctx.clear('last');
    // @ts-expect-error -- an undeclared state cannot be cleared
    ctx.clear('total');
    // @ts-expect-error -- nor can nothing
    ctx.clear();
    // @ts-expect-error -- nor a value, in place of its name
    ctx.clear(state.count);
    // @ts-expect-error -- a state stays declared
    delete state.count;
    // @ts-expect-error -- an undeclared state cannot be read
    void state.total;
    // @ts-expect-error -- an undeclared state cannot be written
    state.total = 1;
    // @ts-expect-error -- without an initial value it may be undefined
    void state.last.id;
    void state.last?.id;

    // Values are immutable at every level.
    // @ts-expect-error -- a field
    if (state.last !== undefined) state.last.id = 'x';
    // @ts-expect-error -- a list
    state.last?.lines.push({ sku: 'a', amounts: [] });
    // @ts-expect-error -- a field of an object in a list
    if (state.last?.lines[0] !== undefined) state.last.lines[0].sku = 'b';
    // @ts-expect-error -- a list in an object in a list
    state.last?.lines[0]?.amounts.push(1);
    // @ts-expect-error -- a map
    state.bySku?.set('a', { held: 1 });
    // @ts-expect-error -- an object in a map
    if (state.bySku !== undefined) state.bySku.get('a')!.held = 2;
    // @ts-expect-error -- a set
    state.tags.add('new');
    // @ts-expect-error -- a date
    state.since.setFullYear(2000);
    // @ts-expect-error -- bytes
    state.bytes[0] = 1;
    // @ts-expect-error -- bytes, by a method
    state.bytes.fill(0);

    // Everything can be read, and replaced as a whole.
    const held: number | undefined = state.bySku?.get('a')?.held;
    state.bySku = new Map([...(state.bySku ?? []), ['a', { held: (held ?? 0) + 1 }]]);
    state.tags = new Set([...state.tags, 'new']);
    state.since = new Date(state.since.getTime() + 1);
    state.bytes = new Uint8Array([state.bytes.length]);
    void state.last?.lines.map(({ sku, amounts }) => [sku, ...amounts]);

    // A copy has the types of what it was made of.
    const { last, ...rest } = { ...state };
    const sum: number = rest.count + count + (last?.lines.length ?? 0);
    // @ts-expect-error -- the copy's values are immutable, too
    rest.tags.add('new');
    void sum;
  },
});

// A function without state has none.
export const stateless = defineFunction({
  type: 'shop/stateless',
  invoke(ctx, _message: null) {
    // @ts-expect-error -- nothing was declared
    void ctx.state.count;
    // @ts-expect-error -- so there is nothing to clear
    ctx.clear('count');
  },
});

// Helpers of one function take its Context; helpers of many know no names, and may clear what they are told to.
const specs = { count: value({ initial: 0 }), last: value<Order>() };
function reset(ctx: Context<typeof specs>): void {
  for (const name of ['count', 'last'] as const) ctx.clear(name);
}
function clearAll(ctx: Context): void {
  for (const name of Object.keys(ctx.state)) ctx.clear(name);
}
export const counter = defineFunction({
  type: 'shop/counter',
  state: specs,
  invoke(ctx, message: 'reset' | 'clear') {
    if (message === 'reset') reset(ctx);
    else clearAll(ctx);
    // @ts-expect-error -- what was not declared
    const name: Parameters<typeof ctx.clear>[0] = 'total';
    void name;
  },
});

type Shown = StateOf<typeof stock.state>;
export const shown: Pick<Shown, 'count'> = { count: 1 };

// Tables and lists.
export const basket = defineFunction({
  type: 'shop/basket',
  state: {
    orders: table<Order>(),
    hits: table({ initial: 0 }),
    log: list<Order>(),
    total: value({ initial: 0 }),
  },
  async invoke(ctx, message: Order) {
    const { state } = ctx;
    state.orders.set(message.id, message);
    // @ts-expect-error -- a value of another type
    state.orders.set('a', 1);
    // @ts-expect-error -- a key that is no string
    state.orders.get(1);
    // @ts-expect-error -- a table cannot be assigned
    state.orders = message;
    // @ts-expect-error -- nor can a list
    state.log = [];
    // @ts-expect-error -- without an initial value it may be undefined
    void state.orders.get('a').id;
    // @ts-expect-error -- values are immutable
    state.orders.get('a')?.lines.push({ sku: 'a', amounts: [] });
    const hits: number = state.hits.get('a');
    state.hits.set('a', hits + 1);
    // What was read can be written again.
    const order = state.orders.get('a');
    if (order !== undefined) state.orders.set('b', order);
    for await (const [key, found] of state.orders.entries({ prefix: 'a', limit: 10 })) {
      const lines: readonly { readonly sku: string }[] = found.lines;
      void [key.length, lines];
      // @ts-expect-error -- values are immutable
      found.lines = [];
    }
    // @ts-expect-error -- only an async function can wait for entries
    for (const key of state.orders.keys()) void key;
    state.log.append(message);
    state.log.replaceWith([...state.log.view()].slice(1));
    // @ts-expect-error -- an element of another type
    state.log.append('a');
    // @ts-expect-error -- the length follows from the elements
    state.log.length = 0;
    for (const { id } of state.log.view()) void id.length;
    state.total += 1;
    ctx.clear('orders');
    ctx.clear('log');
    ctx.delete();
  },
});
