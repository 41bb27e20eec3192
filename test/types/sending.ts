/**
 * What does and does not compile when functions are addressed. This file is only ever compiled (`npm run typecheck`):
 * every line below a `@ts-expect-error` must be an error, and everything else must not be one.
 */
import {
  type Context,
  defineEgress,
  defineFunction,
  defineRouter,
  type Engine,
  functionType,
  value,
} from '../../src/index.ts';

interface AddToCart {
  readonly item: string;
  readonly quantity: number;
}

interface AddToCartResult {
  readonly success: boolean;
}

// The message type is that of invoke's second parameter, the reply type that of the Context.
const cart = defineFunction({
  type: 'shop/cart',
  invoke(ctx: Context<{}, AddToCartResult>, message: AddToCart) {
    ctx.reply({ success: message.quantity > 0 });
    // @ts-expect-error -- a wrong reply
    ctx.reply({ success: 'yes' });
    // @ts-expect-error -- no reply at all
    ctx.reply();
  },
});

const results = defineEgress<AddToCartResult>({ type: 'shop/results' });

export const shopper = defineFunction({
  type: 'shop/shopper',
  invoke(ctx, message: 'buy' | 'leave') {
    if (message === 'buy') ctx.send(cart, 'Kim', { item: 'socks', quantity: 1 });
    // @ts-expect-error -- a wrong field
    ctx.send(cart, 'Kim', { item: 'socks', quantity: '1' });
    // @ts-expect-error -- a missing field
    ctx.send(cart, 'Kim', { item: 'socks' });
    // @ts-expect-error -- a field too many
    ctx.send(cart, 'Kim', { item: 'socks', quantity: 1, colour: 'red' });
    // @ts-expect-error -- the message of another function
    ctx.send(cart, 'Kim', 'buy');
    // @ts-expect-error -- an id that is no string
    ctx.send(cart, 7, { item: 'socks', quantity: 1 });
    // @ts-expect-error -- no id
    ctx.send(cart, { item: 'socks', quantity: 1 });

    ctx.send(cart, 'Kim', { item: 'socks', quantity: 1 }, { ifExists: true });
    // @ts-expect-error -- yes or no
    ctx.send(cart, 'Kim', { item: 'socks', quantity: 1 }, { ifExists: 'yes' });
    // @ts-expect-error -- what a function sends belongs to its own trace
    ctx.send(cart, 'Kim', { item: 'socks', quantity: 1 }, { trace: { causalId: '7' } });
    const cause: string | undefined = ctx.trace?.causalId;
    const header: string | undefined = ctx.trace?.traceparent;
    // @ts-expect-error -- there may be no trace
    ctx.send('shop/cart', ctx.trace.causalId, [cause, header]);

    // By name, for functions of other modules: whatever it is.
    ctx.send('shop/cart', 'Kim', { anything: ['goes'] });
    // @ts-expect-error -- a name alone is no target for a record
    ctx.send('shop/cart', 'Kim');

    ctx.egress(results, { success: true });
    ctx.egress('shop/results', { anything: 1 });
    // @ts-expect-error -- a wrong record
    ctx.egress(results, { success: 1 });
    // @ts-expect-error -- a function is no egress of such records
    ctx.egress(cart, { success: true });
    // @ts-expect-error -- an egress is no target of messages
    ctx.send(results, 'Kim', { success: true });

    const { type, id }: { readonly type: string; readonly id: string } = ctx.self;
    ctx.send(type, id, 1);
    // @ts-expect-error -- there may be no caller
    ctx.send(ctx.caller.type, ctx.caller.id, 1);
    if (ctx.caller !== undefined) ctx.send(ctx.caller.type, ctx.caller.id, 1);
    // @ts-expect-error -- addresses are read-only
    ctx.self.id = 'Lee';
  },
});

export async function outside(engine: Engine): Promise<void> {
  const result: AddToCartResult = await engine.ask(cart, 'Kim', { item: 'socks', quantity: 1 });
  // @ts-expect-error -- the reply is an AddToCartResult
  const wrong: string = await engine.ask(cart, 'Kim', { item: 'socks', quantity: 1 });
  // @ts-expect-error -- a wrong message
  await engine.ask(cart, 'Kim', { item: 'socks' });
  // @ts-expect-error -- a wrong message
  await engine.send(cart, 'Kim', 'buy');
  const unknown: unknown = await engine.ask('shop/cart', 'Kim', { anything: 1 });
  // @ts-expect-error -- what a name replies is not known
  const guessed: AddToCartResult = await engine.ask('shop/cart', 'Kim', { anything: 1 });
  await engine.send('shop/cart', 'Kim', { anything: 1 });
  const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
  await engine.send(cart, 'Kim', { item: 'socks', quantity: 1 }, { ifExists: true, trace, until: 'accepted' });
  await engine.ask(cart, 'Kim', { item: 'socks', quantity: 1 }, { trace });
  // @ts-expect-error -- who asks expects an answer
  await engine.ask(cart, 'Kim', { item: 'socks', quantity: 1 }, { ifExists: true });

  engine.egress(results, (record) => void record.success.valueOf());
  // @ts-expect-error -- the record has no such field
  engine.egress(results, (record) => void record.failure);
  for await (const record of engine.egress(results)) {
    const success: boolean = record.success;
    // @ts-expect-error -- a boolean
    const text: string = record.success;
    void [success, text];
  }
  void [result, wrong, unknown, guessed];
}

// Functions that address themselves or each other do so through tokens, which carry the types.
interface Ball {
  readonly count: number;
}
const ping = functionType<Ball, { readonly winner: string }>('game/ping');
const pong = functionType<Ball>('game/pong');

export const pingFunction = defineFunction({
  type: ping,
  state: { rallies: value({ initial: 0 }) },
  invoke(ctx, { count }) {
    ctx.state.rallies++;
    ctx.send(pong, ctx.self.id, { count: count + 1 });
    ctx.send(ping, ctx.self.id, { count });
    ctx.reply({ winner: 'ping' });
    // @ts-expect-error -- the token says what a reply is
    ctx.reply({ winner: 1 });
    // @ts-expect-error -- the token says what a message is
    ctx.send(ping, ctx.self.id, { count: 'many' });
  },
});

export const pongFunction = defineFunction({
  type: pong,
  // @ts-expect-error -- the token says what this function takes
  invoke(ctx, message: { readonly score: string }) {
    ctx.send(pingFunction, ctx.self.id, { count: message.score.length });
  },
});

export async function game(engine: Engine): Promise<string> {
  const { winner } = await engine.ask(ping, 'here', { count: 0 });
  const { winner: same } = await engine.ask(pingFunction, 'here', { count: 0 });
  return winner + same;
}

// A function may also name itself, where nothing has to be inferred from itself.
export const countdown = defineFunction({
  type: 'game/countdown',
  invoke(ctx, count: number) {
    if (count > 0) ctx.send(countdown, ctx.self.id, count - 1);
  },
});

export const router = defineRouter<{ readonly user: string }>({
  ingress: 'shop/clicks',
  route(record, send) {
    send(cart, record.user, { item: 'socks', quantity: 1 });
    send('shop/cart', record.user, 'anything');
    send('shop/cart', record.user, 'anything', { ifExists: true, trace: { causalId: record.user } });
    // @ts-expect-error -- a wrong message
    send(cart, record.user, { item: 'socks' });
    // @ts-expect-error -- the record has no such field
    send(cart, record.name, { item: 'socks', quantity: 1 });
  },
});
