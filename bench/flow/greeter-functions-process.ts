/**
 * The function process of `remote-flink`: the greeter as a function of ours, served by `createStatefunHandler` to whoever
 * calls, our engine or a Flink. Its state is StateFun's `int`, so the bytes on the wire are those of the official SDKs. It
 * answers with its port, or with how many requests and messages it has had.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStatefunHandler } from '../../src/endpoint/index.ts';
import { defineEgress, defineFunction, defineModule, value } from '../../src/index.ts';
import { IntType } from '../../src/statefun/index.ts';
import { answerRequests } from '../harness/child-requests.ts';
import { GREETER, GREETINGS } from './greetings.ts';

let requestCount = 0;
let messageCount = 0;
const greetings = defineEgress<string>({ type: GREETINGS });

const greeter = defineFunction({
  type: GREETER,
  state: { seen: value<number>({ initial: 0, expire: { after: '1 d', since: 'access' } }) },
  invoke(ctx, greeting: string) {
    messageCount++;
    const seen = ctx.state.seen + 1;
    ctx.state.seen = seen;
    ctx.egress(greetings, `${greeting} ${ctx.self.id}, ${seen}`);
  },
});

const handler = createStatefunHandler({
  module: defineModule({ functions: [greeter], egresses: [greetings] }),
  states: { [GREETER]: { seen: IntType } },
});
const server = createServer((request, response) => {
  requestCount++;
  handler(request, response);
});
// Both who call keep their connections for longer than they rest.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');

answerRequests<'port' | 'counts'>(() =>
  Promise.resolve({ port: (server.address() as AddressInfo).port, requestCount, messageCount }),
);
