/**
 * The least that a server on `node:http` can do: it reads the body, and answers the same bytes to everything, as many as
 * the endpoint answers. Options: how many those are.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRequests, childOptions } from '../harness/child-requests.ts';

const { byteLength } = childOptions<{ readonly byteLength: number }>();
const body = Buffer.alloc(byteLength, 1);
const headers = { 'content-type': 'application/octet-stream', 'content-length': String(byteLength) };

const server = createServer((request, response) => {
  request.on('data', () => {});
  request.on('end', () => response.writeHead(200, headers).end(body));
}).listen(0, '127.0.0.1');
await once(server, 'listening');

answerRequests<'port'>(() => Promise.resolve({ port: (server.address() as AddressInfo).port }));
