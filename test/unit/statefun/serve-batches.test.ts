/**
 * A StateFun program behind a real HTTP server: what the official package answers, and what comes from anybody else.
 */
import { Agent, createServer, request, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { StateFun, StringType, typedValue } from '../../../src/statefun/index.ts';
import type { BatchRequest } from '../../../src/statefun/protocol.ts';
import { decodeResponse, encodeRequest } from '../../../src/statefun/protocol-codec.ts';

const REQUEST: BatchRequest = {
  target: { type: 'test/fn', id: 'a' },
  states: [],
  invocations: [{ caller: undefined, argument: typedValue(StringType, 'hello') }],
};

let errors: Error[] = [];
let failing = false;
let port = 0;

beforeEach(async () => {
  errors = [];
  failing = false;
  const statefun = new StateFun({
    onError(error) {
      if (failing) throw new Error('the log is full');
      errors.push(error);
    },
  });
  statefun.bind({
    typename: 'test/fn',
    fn(_context, message) {
      if (message.asString() === 'throw') throw new Error('as told');
    },
  });
  // oxlint-disable-next-line typescript/no-misused-promises -- as programs do; it never rejects
  const server = createServer(statefun.handler());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
});

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function exchange(body: Uint8Array, options: RequestOptions = {}): Promise<Reply> {
  return await new Promise((resolve, reject) => {
    const outgoing = request({ port, method: 'POST', ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

test('#55 two requests on one connection, with type and length', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let round = 0; round < 2; round++) {
    const { status, headers, body } = await exchange(encodeRequest(REQUEST), { agent });
    expect([status, headers.connection]).toEqual([200, 'keep-alive']);
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['content-length']).toBe('3');
    expect(decodeResponse(body)).toMatchObject({ kind: 'effects', messages: [] });
  }
  agent.destroy();
  expect(errors).toEqual([]);
});

test.for<[string, Uint8Array, RequestOptions]>([
  ['GET', new Uint8Array(0), { method: 'GET' }],
  ['an empty body', new Uint8Array(0), {}],
  ['garbage', Buffer.from('hello'), {}],
  ['an unknown function', encodeRequest({ ...REQUEST, target: { type: 'test/other', id: 'a' } }), {}],
  [
    'a function that throws',
    encodeRequest({
      ...REQUEST,
      invocations: [{ caller: undefined, argument: typedValue(StringType, 'throw') }],
    }),
    {},
  ],
])('#56 %s: 500 without a body, logged, and the server lives', async ([, body, options]) => {
  const reply = await exchange(body, options);
  expect([reply.status, reply.body.length]).toEqual([500, 0]);
  expect(errors).toHaveLength(1);
  expect((await exchange(encodeRequest(REQUEST))).status).toBe(200);
});

test('#56 a body that says it is huge: 500, and the connection is closed', async () => {
  const said = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\n\r\nabc');
    socket.on('data', (data: Buffer) => (heard += data.toString('latin1')));
    socket.on('close', () => resolve(heard));
  });
  expect(said).toMatch(/^HTTP\/1.1 500 [^]*Connection: close/);
  expect(errors).toHaveLength(1);
  expect((await exchange(encodeRequest(REQUEST))).status).toBe(200);
});

test('#56 an endless body: 500, and the connection is closed', async () => {
  const said = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(1 << 20), Buffer.from('\r\n')]);
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk)) {
        // As fast as it takes it.
      }
    };
    socket.on('drain', pour);
    socket.on('data', (data: Buffer) => (heard += data.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => resolve(heard));
    pour();
  });
  // A client that writes without listening may be cut off before it hears why.
  expect(said).toMatch(/^$|^HTTP\/1.1 500 [^]*Connection: close/);
  expect(errors).toHaveLength(1);
  expect(errors[0].message).toMatch(/more than 33554432 bytes/);
  expect((await exchange(encodeRequest(REQUEST))).status).toBe(200);
});

test('a listener that fails itself keeps nobody from an answer, and the console has the error', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  failing = true;
  expect((await exchange(Buffer.from('garbage'))).status).toBe(500);
  expect(printed).toHaveBeenCalledWith(
    'A StateFun request failed.',
    expect.objectContaining({ code: 'MALFORMED_BATCH' }),
  );
  printed.mockRestore();
});

test('a caller who goes away is no error', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc');
  await setTimeout(30);
  socket.destroy();
  await setTimeout(30);
  expect((await exchange(encodeRequest(REQUEST))).status).toBe(200);
  expect(errors).toEqual([]);
});
