/**
 * The process with the functions that Restate calls: a virtual object with one counter. Answers its parent with the port it listens on.
 */
import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** As much of the SDK as is used here; it is installed only where somebody wants to compare. */
interface Sdk {
  object(definition: object): unknown;
  createEndpointHandler(options: { readonly services: readonly unknown[] }): (stream: never, reply: never) => void;
}

interface ObjectContext {
  readonly key: string;
  get(name: string): Promise<number | null>;
  set(name: string, value: number): void;
}

const name = '@restatedev/restate-sdk';
const { object, createEndpointHandler } = (await import(name)) as Sdk;

const counter = object({
  name: 'counter',
  handlers: {
    async add(ctx: ObjectContext) {
      const count = ((await ctx.get('count')) ?? 0) + 1;
      ctx.set('count', count);
      return count;
    },
    read: async (ctx: ObjectContext) => (await ctx.get('count')) ?? 0,
  },
});

const server: Http2Server = createServer(createEndpointHandler({ services: [counter] }) as never);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
process.send?.((server.address() as AddressInfo).port);
