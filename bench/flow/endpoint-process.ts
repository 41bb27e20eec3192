/** The process of the endpoint: it says its port, and serves until it is killed. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRequests } from '../harness/child-requests.ts';
import { greeterHandler } from './endpoint-load.ts';

const server = createServer(greeterHandler()).listen(0, '127.0.0.1');
await once(server, 'listening');

answerRequests<'port'>(() => Promise.resolve({ port: (server.address() as AddressInfo).port }));
