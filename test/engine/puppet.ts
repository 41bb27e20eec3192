/**
 * A module whose function does as each message tells it, good or bad, so that a test can make anything happen inside a
 * shard. It is loaded by the shards' threads and by the test's own.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Address,
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  table,
  value,
} from '../../src/index.ts';

export type Order =
  | { readonly do: 'echo' | 'egress' | 'save'; readonly value: unknown }
  | { readonly do: 'load' | 'keepCaller' | 'keepContext' | 'useContext' | 'reply twice' | 'self' }
  | { readonly do: 'answer'; readonly value: unknown }
  | { readonly do: 'entry'; readonly key: string; readonly value?: unknown }
  | { readonly do: 'send'; readonly to: Address; readonly order: Order; readonly times?: number }
  | { readonly do: 'send after'; readonly delay: number | string; readonly token: string; readonly value: unknown }
  | { readonly do: 'cancel'; readonly token: string }
  | { readonly do: 'double'; readonly to: Address }
  | { readonly do: 'egress many'; readonly count: number }
  | { readonly do: 'all'; readonly orders: readonly Order[] }
  | { readonly do: 'sleep'; readonly ms: number; readonly after?: Order }
  | { readonly do: 'operate'; readonly gate: string }
  | { readonly do: 'wait' | 'spin'; readonly gate: string; readonly after?: Order }
  | { readonly do: 'count'; readonly name: string; readonly amount?: number; readonly thenThrow?: boolean }
  | { readonly do: 'throw'; readonly text: string }
  | { readonly do: 'misbehave'; readonly how: keyof typeof MISBEHAVIOUR };

/** What no function should do; each ends the shard, or ought not to. */
const MISBEHAVIOUR = {
  'process.exit': () => process.exit(3),
  'throw in a timer': () => setTimeout(() => throwAway(), 1),
  'reject unhandled': () => void Promise.reject(new Error('nobody caught this')),
  'use all memory': () => {
    // In large pieces, so that the collector gives up soon.
    const kept: number[][] = [];
    for (;;) kept.push(new Array<number>(1 << 18).fill(kept.length));
  },
  'recurse for ever': function recurse(): number {
    return recurse() + 1;
  },
  'throw undefined': () => {
    // oxlint-disable-next-line typescript/only-throw-error -- user code may throw anything
    throw undefined;
  },
  'throw something unspeakable': () => {
    // oxlint-disable-next-line typescript/only-throw-error -- user code may throw anything
    throw new Proxy({}, { getPrototypeOf: () => throwAway() });
  },
} satisfies Record<string, () => unknown>;

function throwAway(): never {
  throw new Error('nobody caught this');
}

const specs = {
  kept: value<unknown>(),
  caller: value<Address>(),
  count: value({ initial: 0 }),
  table: table<unknown>(),
};
type PuppetContext = Context<typeof specs>;

async function opened(gate: string): Promise<void> {
  while (!existsSync(gate)) await sleep(2);
}

let keptContext: PuppetContext | undefined;

export const records = defineEgress<unknown>({ type: 'puppet/records' });
export const moreRecords = defineEgress<unknown>({ type: 'puppet/more-records' });

function obey(ctx: PuppetContext, order: Order): void | Promise<void> {
  switch (order.do) {
    case 'echo':
      return ctx.reply(order.value);
    case 'self':
      return ctx.reply({ self: ctx.self, caller: ctx.caller, now: ctx.now() });
    case 'reply twice':
      ctx.reply(1);
      return ctx.reply(2);
    case 'save':
      ctx.state.kept = order.value;
      return;
    case 'load':
      return ctx.reply(ctx.state.kept);
    case 'entry':
      if (order.value !== undefined) ctx.state.table.set(order.key, order.value);
      return ctx.reply(ctx.state.table.get(order.key));
    case 'keepCaller':
      ctx.state.caller = ctx.caller;
      return;
    case 'answer': {
      const { caller } = ctx.state;
      if (caller !== undefined) ctx.send(caller.type, caller.id, order.value);
      return;
    }
    case 'keepContext':
      keptContext = ctx;
      return;
    case 'useContext':
      return keptContext?.reply('too late');
    case 'send':
      for (let time = 0; time < (order.times ?? 1); time++) ctx.send(order.to.type, order.to.id, order.order);
      return;
    case 'send after': {
      const { delay, value: later, token } = order;
      return ctx.sendAfter(delay, ctx.self.type, ctx.self.id, { do: 'save', value: later }, { token });
    }
    case 'cancel':
      return ctx.reply(ctx.cancel(order.token));
    case 'double':
      return ctx.send(order.to.type, order.to.id, { do: 'save', value: [ctx.state.kept, ctx.state.kept] });
    case 'egress':
      return ctx.egress(records, order.value);
    case 'egress many':
      for (let number = 0; number < order.count; number++) ctx.egress(records, { number, text: 'x'.repeat(50) });
      return;
    case 'all':
      for (const each of order.orders) void obey(ctx, each);
      return;
    case 'sleep':
      return sleep(order.ms).then(() => (order.after === undefined ? undefined : obey(ctx, order.after)));
    case 'wait':
      return opened(order.gate).then(() => (order.after === undefined ? undefined : obey(ctx, order.after)));
    case 'spin':
      while (!existsSync(order.gate));
      return order.after === undefined ? undefined : obey(ctx, order.after);
    case 'operate':
      return ctx.async('spun', () => {
        while (!existsSync(order.gate));
      });
    case 'count':
      ctx.count(order.name, order.amount);
      if (order.thenThrow === true) throw new Error('after counting');
      return;
    case 'throw':
      throw Object.assign(new RangeError(order.text), { code: 'E_PUPPET' });
    case 'misbehave':
      return void MISBEHAVIOUR[order.how]();
  }
}

export const puppet = defineFunction({
  type: 'puppet/sync',
  state: specs,
  invoke: (ctx: PuppetContext, order: Order): void | Promise<void> => obey(ctx, order),
});

export const asyncPuppet = defineFunction({
  type: 'puppet/async',
  state: specs,
  async invoke(ctx: PuppetContext, order: Order) {
    await obey(ctx, order);
  },
});

/** Counts, and says how far it has come; for tests of order and of state. */
export const counter = defineFunction({
  type: 'puppet/counter',
  state: { count: value({ initial: 0 }), seen: value<readonly number[]>({ initial: [] }) },
  invoke(ctx, message: number | 'count' | 'seen') {
    if (message === 'count') ctx.reply(ctx.state.count);
    else if (message === 'seen') ctx.reply(ctx.state.seen);
    else {
      ctx.state.count++;
      ctx.state.seen = [...ctx.state.seen, message];
    }
  },
});

/** Its failures end the engine. */
export const stopping = defineFunction({
  type: 'puppet/stopping',
  state: specs,
  failure: { otherwise: 'stop' },
  invoke: (ctx: PuppetContext, order: Order): void | Promise<void> => obey(ctx, order),
});

/** It has hardly any time. */
export const hurried = defineFunction({
  type: 'puppet/hurried',
  state: specs,
  deadline: 10,
  invoke: (ctx: PuppetContext, order: Order): void | Promise<void> => obey(ctx, order),
});

export default defineModule({
  functions: [puppet, asyncPuppet, counter, stopping, hurried],
  egresses: [records, moreRecords],
});
