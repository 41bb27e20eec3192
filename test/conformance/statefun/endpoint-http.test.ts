/**
 * The endpoint role over real sockets: cases 55 to 57. The client writes its requests by hand where it must misbehave.
 */
import { once } from 'node:events';
import { Agent, createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { decodeResponse, encodeRequest } from '../../../src/statefun/protocol-codec.ts';
import { caseModule, KIM, message, type Served, serve, UNSET } from './endpoint-functions.ts';

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly localPort: number | undefined;
}

async function listen({ handler }: Served): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.close().closeAllConnections());
  return { server, port: (server.address() as AddressInfo).port };
}

async function post(port: number, body: Uint8Array, options: object = {}): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const asked = request(
    { host: '127.0.0.1', port, method: 'POST', path: '/any/path?at=all', ...options },
    (response) => {
      const chunks: Buffer[] = [];
      const { localPort } = asked.socket as Socket;
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks), localPort });
      });
    },
  );
  asked.on('error', reject);
  asked.end(body);
  return await promise;
}

const greeting = caseModule((ctx, text: string) => ctx.egress('case/out', `Hello ${text}`));
const batch = encodeRequest({ target: KIM, states: UNSET, invocations: [message('there')] });

test('#55 headers are those that StateFun takes, and a connection serves one request after another', async () => {
  const { port } = await listen(serve(greeting));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const first = await post(port, batch, { agent });
  const second = await post(port, batch, { agent });
  expect(first.status).toBe(200);
  expect(first.headers['content-type']).toBe('application/octet-stream');
  expect(first.headers['content-length']).toBe(String(first.body.length));
  expect(first.headers['transfer-encoding']).toBeUndefined();
  expect(second.body).toEqual(first.body);
  expect(second.localPort).toBe(first.localPort);
  expect(decodeResponse(first.body)).toMatchObject({ kind: 'effects', egresses: [{ egress: 'case/out' }] });
});

test('#56 what makes no sense is a 500 without a body, and the server lives on', async () => {
  const served = serve(greeting, { limits: { requestBytesMax: 100_000 } });
  const { port } = await listen(served);
  const garbage = Buffer.from('not protobuf at all');
  const unknown = encodeRequest({ target: { type: 'who/ever', id: 'x' }, states: [], invocations: [message(1)] });
  const refused = [
    await post(port, Buffer.alloc(0), { method: 'GET' }),
    await post(port, Buffer.alloc(0)),
    await post(port, garbage),
    await post(port, Buffer.alloc(1_000, 0xff)),
    await post(port, batch.subarray(0, -3)),
    await post(port, unknown),
  ];
  for (const { status, body } of refused) expect([status, body.length]).toEqual([500, 0]);
  expect(await huge(port)).toMatch(/^HTTP\/1\.1 500 |^$/);
  expect(await huge(port, 'content-length: 99999999\r\n')).toMatch(/^HTTP\/1\.1 500 |^$/);
  expect((await post(port, batch)).status).toBe(200);
  expect(served.events).toHaveLength(8);
  expect(served.events.filter(({ text }) => text.includes('more bytes than'))).toHaveLength(2);
  expect(
    served.events.filter(({ text }) => text.includes('No function of this module serves "who/ever"')),
  ).toHaveLength(1);
});

/** The head of what is answered to a body that does not end. */
async function huge(port: number, head = 'transfer-encoding: chunked\r\n'): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answered = '';
  socket.on('data', (data) => void (answered += data.toString('latin1')));
  socket.on('error', () => {});
  const closed = Promise.withResolvers<unknown>();
  socket.once('close', closed.resolve);
  socket.write(`POST / HTTP/1.1\r\nhost: here\r\n${head}\r\n`);
  const chunk = `10000\r\n${'x'.repeat(0x1_0000)}\r\n`;
  while (!socket.destroyed && answered === '') {
    socket.write(chunk);
    await sleep(1);
  }
  socket.end();
  await Promise.race([closed.promise, sleep(2_000)]);
  return answered;
}

test('#57 a client that goes away calls off the work that was done for it', async () => {
  const reasons: unknown[] = [];
  const begun = Promise.withResolvers<void>();
  let later = 0;
  const served = serve(
    caseModule(async (ctx, text: string) => {
      begun.resolve();
      if (text === 'later') later++;
      else await once(ctx.signal, 'abort').then(() => reasons.push(ctx.signal.reason));
    }),
  );
  const { server, port } = await listen(served);
  const socket = connect(port, '127.0.0.1');
  const body = encodeRequest({ target: KIM, states: UNSET, invocations: [message('wait'), message('later')] });
  socket.write(`POST / HTTP/1.1\r\nhost: here\r\ncontent-length: ${body.length}\r\n\r\n`);
  socket.write(body);
  await begun.promise;
  socket.destroy();
  await expect.poll(() => reasons.length + served.events.length).toBe(2);
  expect(reasons).toMatchObject([{ code: 'CALLER_GONE' }]);
  expect(served.events).toMatchObject([{ target: KIM, error: { code: 'CALLER_GONE' } }]);
  expect(later).toBe(0);
  const connectionCount = async (): Promise<number> =>
    await new Promise((resolve) => {
      server.getConnections((_error, count) => resolve(count));
    });
  await expect.poll(connectionCount).toBe(0);
});

test('#57 work that does not look at its signal ends for everybody else, and its effects go nowhere', async () => {
  const woken = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  const served = serve(
    caseModule(async (ctx) => {
      await woken.promise;
      try {
        ctx.egress('case/out', 1);
      } catch (error) {
        late.resolve(error);
      }
    }),
  );
  const caller = new AbortController();
  const answered = served.handler.handleBytes(batch, caller.signal);
  caller.abort();
  expect((await answered).status).toBe(500);
  woken.resolve();
  expect(await late.promise).toMatchObject({ code: 'CONTEXT_EXPIRED' });
});

const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);

test.each([1, 100])('a response has the same bytes in every host, also %i times every byte there is', async (times) => {
  const content = Buffer.concat(new Array<Uint8Array>(times).fill(everyByte));
  for (const isAsync of [false, true]) {
    const served = serve(
      caseModule((ctx) => {
        ctx.egress('case/out', content);
        return isAsync ? Promise.resolve() : undefined;
      }),
    );
    const { port } = await listen(served);
    const { status, headers, body } = await post(port, batch);
    const beneath = await served.handler.handleBytes(batch);
    expect([status, headers['content-length']]).toEqual([200, String(body.length)]);
    expect(body.equals(beneath.body)).toBe(true);
    expect(body.includes(content)).toBe(true);
  }
});

test('a request that comes in pieces is one request, and one that breaks off is none', async () => {
  const served = serve(greeting);
  const { port } = await listen(served);
  const head = `POST / HTTP/1.1\r\nhost: here\r\ncontent-length: ${batch.length}\r\n\r\n`;
  const whole = Buffer.concat([Buffer.from(head), batch]);
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  let answered = '';
  socket.on('data', (data) => void (answered += data.toString('latin1')));
  for (const byte of whole) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    socket.write(Buffer.of(byte), resolve);
    await promise;
  }
  await expect.poll(() => answered).toMatch(/^HTTP\/1\.1 200 /);
  socket.write(whole.subarray(0, -1), () => socket.destroy());
  await expect.poll(() => served.events.length).toBe(1);
  expect(served.events[0].text).toContain('The connection was closed before the request was complete');
});
