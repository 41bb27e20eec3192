/**
 * The process with the functions that Restate calls: virtual objects, each with one state, so that an invocation writes
 * as little as it can. Tells its parent the port it listens on, and which chains of the relay have ended.
 */
import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** As much of the SDK as is used here; it is installed only where somebody wants to compare. */
interface Sdk {
  object<Definition extends object>(definition: Definition): Definition;
  createEndpointHandler(options: { readonly services: readonly unknown[] }): (stream: never, reply: never) => void;
}

interface ObjectContext {
  readonly key: string;
  readonly rand: { random(): number };
  get<Value>(name: string): Promise<Value | null>;
  set(name: string, value: unknown): void;
  objectSendClient(object: { readonly name: string }, key: string): Record<string, (argument: object) => void>;
}

interface Account {
  /** More or less than an account has at first. */
  readonly gained: number;
  readonly transfers: number;
}

interface Transfer {
  readonly to: string;
  readonly amount: number;
  readonly firstBalance: number;
}

const NEW_ACCOUNT: Account = { gained: 0, transfers: 0 };
const entities = Number(process.argv[2]);
const name = '@restatedev/restate-sdk';
const { object, createEndpointHandler } = (await import(name)) as Sdk;

const counter = object({
  name: 'counter',
  handlers: {
    async add(ctx: ObjectContext) {
      const count = ((await ctx.get<number>('count')) ?? 0) + 1;
      ctx.set('count', count);
      return count;
    },
    read: async (ctx: ObjectContext) => (await ctx.get<number>('count')) ?? 0,
  },
});

const account = object({
  name: 'account',
  handlers: {
    async transfer(ctx: ObjectContext, { to, amount, firstBalance }: Transfer) {
      const { gained, transfers } = (await ctx.get<Account>('account')) ?? NEW_ACCOUNT;
      const canPay = firstBalance + gained >= amount;
      ctx.set('account', { gained: canPay ? gained - amount : gained, transfers: transfers + 1 } satisfies Account);
      if (canPay) ctx.objectSendClient({ name: 'account' }, to)['deposit']({ amount });
    },
    async deposit(ctx: ObjectContext, { amount }: { amount: number }) {
      const { gained, transfers } = (await ctx.get<Account>('account')) ?? NEW_ACCOUNT;
      ctx.set('account', { gained: gained + amount, transfers } satisfies Account);
    },
  },
});

const relay = object({
  name: 'relay',
  handlers: {
    async pass(ctx: ObjectContext, { hops, chain }: { hops: number; chain: number }) {
      ctx.set('count', ((await ctx.get<number>('count')) ?? 0) + 1);
      if (hops === 0) {
        process.send?.({ ended: chain });
        return;
      }
      const next = `entity-${Math.floor(ctx.rand.random() * entities)}`;
      ctx.objectSendClient({ name: 'relay' }, next)['pass']({ hops: hops - 1, chain });
    },
  },
});

const server: Http2Server = createServer(createEndpointHandler({ services: [counter, account, relay] }) as never);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
process.send?.((server.address() as AddressInfo).port);
