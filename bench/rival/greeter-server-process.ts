/**
 * A function process as StateFun knows it: `node:http`, one function that counts in its state how often it was greeted and
 * greets back through an egress. What it costs is the same for all who call it. It answers with its port, or with how many
 * requests and messages it has had, and what those addresses have counted that were asked for it.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { BatchRequest, BatchResponse } from '../../src/statefun/protocol.ts';
import { decodeRequest, encodeResponse } from '../../src/statefun/protocol-codec.ts';
import { IntType, StringType } from '../../src/statefun/types.ts';
import { CENSUS } from '../flow/greetings.ts';
import { answerRequests } from '../harness/child-requests.ts';

const TYPENAME = IntType.typename;
let requestCount = 0;
let messageCount = 0;
let keptCount = 0;
const CENSUS_BYTES = Buffer.from(StringType.serialize(CENSUS));

function greet({ states, invocations }: BatchRequest): BatchResponse {
  const seen = states.find(({ name }) => name === 'seen');
  if (seen === undefined) {
    return { kind: 'missing', states: [{ name: 'seen', typename: TYPENAME, mode: 'none', afterMs: 0 }] };
  }
  if (isCensus(invocations)) {
    keptCount += seen.value?.value === undefined ? 0 : IntType.deserialize(Buffer.from(seen.value.value));
    return { kind: 'effects', mutations: [], messages: [], delayed: [], egresses: [] };
  }
  requestCount++;
  messageCount += invocations.length;
  const bytes = seen.value?.value;
  const count = (bytes === undefined ? 0 : IntType.deserialize(Buffer.from(bytes))) + invocations.length;
  const mutation = { name: 'seen', value: { typename: TYPENAME, value: IntType.serialize(count) } };
  const egresses = invocations.map(({ argument }) => ({ egress: 'bench/greetings', argument }));
  return { kind: 'effects', mutations: [mutation], messages: [], delayed: [], egresses };
}

function isCensus([first]: BatchRequest['invocations']): boolean {
  const bytes = first?.argument.value;
  return bytes?.length === CENSUS_BYTES.length && CENSUS_BYTES.equals(bytes);
}

const server = createServer((request, response) => {
  void buffer(request).then((bytes) => {
    const body = encodeResponse(greet(decodeRequest(bytes)));
    response
      .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.byteLength })
      .end(body);
  });
});
// All who call keep their connections for longer than they rest.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');

answerRequests<'port' | 'counts'>(() =>
  Promise.resolve({ port: (server.address() as AddressInfo).port, requestCount, messageCount, keptCount }),
);
