/** The engine role on the wire, over real sockets: what is sent, what is taken for an answer, and what is tried again. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { HttpEndpointOptions, TransportProfile } from '../../../src/remote/endpoint-options.ts';
import type { MillraceError } from '../../../src/sdk/errors.ts';
import { encodeRequest, encodeResponse } from '../../../src/statefun/protocol-codec.ts';
import { type BatchEffects, NO_EFFECTS } from '../../../src/statefun/protocol.ts';
import { EMPTY_200, response } from '../../unit/remote/raw-response.ts';
import { caller, rawServer, scratchFolder, type Script } from '../../unit/remote/raw-server.ts';

const EFFECTS: BatchEffects = {
  ...NO_EFFECTS,
  messages: [{ target: { type: 'a/b', id: 'c' }, argument: { typename: 't/t', value: Buffer.alloc(2_000, 'x') } }],
};

/** The code with which a call fails, `fine` if it does not, and how many requests it took. */
async function outcomeOf(
  script: Script,
  options: Partial<HttpEndpointOptions> = {},
): Promise<{ readonly outcome: string; readonly requestCount: number }> {
  const server = await rawServer(script);
  const { call } = caller({ url: `http://127.0.0.1:${server.port}/`, ...options });
  const outcome = await call().then(
    () => 'fine',
    (error: MillraceError) => error.code,
  );
  return { outcome, requestCount: server.requests.length };
}

/** The profiles with little time. */
const SHORT: Readonly<Record<TransportProfile, Partial<HttpEndpointOptions>>> = {
  async: { profile: 'async', timeouts: { call: 150 } },
  okhttp: { profile: 'okhttp', timeouts: { call: 150 } },
};

test.each([
  ['no bytes', ''],
  ['an empty result', 'a20600'],
  ['neither of the two', 'ca0300'],
])('#20 a body of %s is success without effects', async (_name, hex) => {
  const server = await rawServer((_request, socket) => void socket.write(response(Buffer.from(hex, 'hex'))));
  const { call } = caller({ url: `http://127.0.0.1:${server.port}/` });
  expect(await call()).toEqual(NO_EFFECTS);
});

test.each([200, 201, 202, 204, 299])('#20 status %i is a success', async (status) => {
  expect(await outcomeOf((_request, socket) => void socket.write(response('', {}, status)))).toEqual({
    outcome: 'fine',
    requestCount: 1,
  });
});

test.each<[string, Script]>([
  ['500', (_request, socket) => void socket.write(response('', {}, 500))],
  ['503', (_request, socket) => void socket.write(response('', {}, 503))],
  ['429', (_request, socket) => void socket.write(response('', {}, 429))],
  ['a reset', (_request, socket) => void socket.resetAndDestroy()],
  ['a close before the answer', (_request, socket) => void socket.end()],
  ['a close in the middle', (_request, socket) => void socket.end(response('xx', { 'content-length': '9' }))],
])('#21 %s, and then an answer: tried again after a pause', async (_name, script) => {
  for (const profile of ['async', 'okhttp'] as const) {
    const times: number[] = [];
    const { outcome, requestCount } = await outcomeOf(
      (request, socket) => {
        times.push(performance.now());
        if (request.number < 3) script(request, socket);
        else socket.write(EMPTY_200);
      },
      { profile },
    );
    expect({ outcome, requestCount }).toEqual({ outcome: 'fine', requestCount: 4 });
    const pauses = times.slice(1).map((time, at) => time - times[at]);
    const [first, second, third] = profile === 'async' ? [4, 8, 16] : [10, 20, 40];
    // Node's timers may be early by part of a millisecond.
    expect(pauses[0]).toBeGreaterThan(first - 1.5);
    expect(pauses[1]).toBeGreaterThan(second - 1.5);
    expect(pauses[2]).toBeGreaterThan(third - 1.5);
  }
});

test('#21 a first byte that comes late is waited for', async () => {
  const script: Script = (_request, socket) => void setTimeout(() => socket.write(EMPTY_200), 300);
  expect(await outcomeOf(script)).toEqual({ outcome: 'fine', requestCount: 1 });
});

test('#21 the same bytes are sent again', async () => {
  const server = await rawServer((request, socket) => {
    socket.write(request.number < 2 ? response('', {}, 500) : Buffer.from(EMPTY_200));
  });
  await caller({ url: `http://127.0.0.1:${server.port}/` }).call();
  const expected = encodeRequest({ target: { type: 'test/greeter', id: 'Kim' }, states: [], invocations: [] });
  expect(server.requests.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => Buffer.from(expected)));
});

test.each([400, 404, 302])('#22 status %i is final for okhttp, and tried again by async', async (status) => {
  const script: Script = (request, socket) =>
    void socket.write(request.number < 2 ? response('', { location: '/' }, status) : EMPTY_200);
  expect(await outcomeOf(script)).toEqual({ outcome: 'fine', requestCount: 3 });
  expect(await outcomeOf(script, { profile: 'okhttp' })).toEqual({ outcome: 'REMOTE_CALL_FAILED', requestCount: 1 });
});

test.each([
  ['another content type', response('', { 'content-type': 'application/json' })],
  ['a charset', response('', { 'content-type': 'application/octet-stream; charset=utf-8' })],
  ['garbage', response(Buffer.from('ffffffff', 'hex'))],
])('#23 %s is final for okhttp, and tried again by async', async (_name, bytes) => {
  const script: Script = (request, socket) => void socket.write(request.number < 2 ? bytes : EMPTY_200);
  expect(await outcomeOf(script)).toEqual({ outcome: 'fine', requestCount: 3 });
  expect(await outcomeOf(script, { profile: 'okhttp' })).toEqual({ outcome: 'REMOTE_CALL_FAILED', requestCount: 1 });
});

test.each(['async', 'okhttp'] as const)('#24 %s: the call fails when its time is over', async (profile) => {
  const started = performance.now();
  const { outcome, requestCount } = await outcomeOf(() => undefined, SHORT[profile]);
  expect({ outcome, requestCount }).toEqual({ outcome: 'REMOTE_CALL_FAILED', requestCount: 1 });
  expect(performance.now() - started).toBeGreaterThan(148);
  const failing: Script = (_request, socket) => void socket.write(response('', {}, 500));
  expect((await outcomeOf(failing, SHORT[profile])).outcome).toBe('REMOTE_CALL_FAILED');
});

test('#41 the request line and the headers of the async transport', async () => {
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200));
  const { call } = caller({ url: `http://localhost:${server.port}/fn/{function.name}?code=a%20b&v=1` });
  await call('shop/cart');
  const [request] = server.requests;
  const lines = request.head.split('\r\n');
  expect(lines[0]).toBe('POST /fn/cart?code=a%20b&v=1 HTTP/1.1');
  expect(lines.slice(1).toSorted()).toEqual([
    'accept-encoding: gzip,deflate',
    'accept: application/octet-stream',
    'connection: keep-alive',
    `content-length: ${request.body.length}`,
    'content-type: application/octet-stream',
    `host: localhost:${server.port}`,
    'user-agent: statefun',
  ]);
});

test('#41 an empty path, credentials, and connections that are used again', async () => {
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200));
  const { call, status } = caller({ url: `http://kim:sesame@127.0.0.1:${server.port}` });
  for (let count = 0; count < 5; count++) await call();
  expect(server.requests[0].head).toContain('POST / HTTP/1.1\r\n');
  expect(server.requests[0].head).toContain(`authorization: Basic ${Buffer.from('kim:sesame').toString('base64')}`);
  // One is free again only after a turn of the event loop, so callers in a row take turns with two.
  expect(server.connectionCount).toBeLessThanOrEqual(2);
  expect(JSON.stringify(status())).not.toContain('sesame');
});

const certificate = (name: string): string => join(import.meta.dirname, '../../unit/remote/certificates', name);
const TLS_SERVER = { key: await readText('server-key.pem'), cert: await readText('server.pem') };

async function readText(name: string): Promise<string> {
  return await readFile(certificate(name), 'utf8');
}

test('#43 TLS with a CA of its own', async () => {
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200), { tls: TLS_SERVER });
  const url = `https://localhost:${server.port}/`;
  const { call } = caller({ url, tls: { trustedCaFile: certificate('ca.pem') } });
  expect(await call()).toEqual(NO_EFFECTS);
});

test.each([
  ['another CA', { trustedCaFile: certificate('other-ca.pem') }, /certificate/],
  ['the CAs that Node knows', {}, /certificate/],
  ['a CA file that is not there', { trustedCaFile: '/nowhere/ca.pem' }, /\/nowhere\/ca.pem cannot be read \(ENOENT\)/],
  ['a CA file that holds none', { trustedCaFile: certificate('client-key-password.txt') }, /holds no PEM certificate/],
])('#43 with %s nothing is sent, calls wait, and the reason is there to see', async (_name, tls, reason) => {
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200), { tls: TLS_SERVER });
  const url = `https://localhost:${server.port}/`;
  const at = caller({ url, tls, breaker: { failureCount: 1 } });
  const called = at.call();
  called.catch(() => {});
  await expect.poll(() => at.reports.length).toBe(1);
  expect(at.reports[0]).toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  expect(at.reports[0].message).toMatch(reason);
  expect(at.status().reason).toMatch(reason);
  expect(server.requests).toEqual([]);
  await at.stop();
  await expect(called).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
});

test('#43 mutual TLS, also with an encrypted key', async () => {
  const tls = { ...TLS_SERVER, ca: await readText('ca.pem'), requestCert: true, rejectUnauthorized: true };
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200), { tls });
  const url = `https://localhost:${server.port}/`;
  const trustedCaFile = certificate('ca.pem');
  const clientCertificateFile = certificate('client.pem');
  const plain = { trustedCaFile, clientCertificateFile, clientKeyFile: certificate('client-key.pem') };
  expect(await caller({ url, tls: plain }).call()).toEqual(NO_EFFECTS);
  const clientKeyFile = certificate('client-key-encrypted.pem');
  const encrypted = { trustedCaFile, clientCertificateFile, clientKeyFile };
  const clientKeyPasswordFile = certificate('client-key-password.txt');
  expect(await caller({ url, tls: { ...encrypted, clientKeyPasswordFile } }).call()).toEqual(NO_EFFECTS);
  expect(server.requests).toHaveLength(2);
  const wrong = caller({ url, tls: { ...encrypted, clientKeyPasswordFile: clientCertificateFile } });
  expect(wrong.reports.map(({ code }) => code)).toEqual(['ENDPOINT_UNREACHABLE']);
  expect(wrong.reports[0].message).toContain('client-key-encrypted.pem');
});

test('#43 a client that shows no certificate where one is asked for gets nothing, and its calls wait', async () => {
  const tls = { ...TLS_SERVER, ca: await readText('ca.pem'), requestCert: true, rejectUnauthorized: true };
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200), { tls });
  const at = caller({
    url: `https://localhost:${server.port}/`,
    tls: { trustedCaFile: certificate('ca.pem') },
  });
  const called = at.call().catch((error: MillraceError) => error.code);
  // With TLS 1.3 the client learns it only after its request is on its way: a connection by which nothing comes.
  await expect.poll(() => at.reports.map(({ code }) => code)).toEqual(['ENDPOINT_UNREACHABLE']);
  expect([server.requests, at.status().waitingCount + at.status().underWayCount]).toEqual([[], 1]);
  await at.stop();
  expect(await called).toBe('ENGINE_STOPPED');
});

test('#43 a Unix socket, and one that comes to be later', async () => {
  const socketPath = join(scratchFolder(), 'f.sock');
  const at = caller({ url: `http+unix://${socketPath}/fn/{function.name}` });
  const called = at.call('shop/cart');
  await expect.poll(() => at.reports.length).toBe(1);
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200), { socketPath });
  expect(await called).toEqual(NO_EFFECTS);
  expect(server.requests[0].head).toContain('POST /fn/cart HTTP/1.1\r\n');
  expect(server.requests[0].head).toContain('host: localhost\r\n');
  expect(at.status()).toMatchObject({ state: 'closed', origin: `unix:${socketPath}` });
});

test.each([
  ['as it is', {}, (bytes: Uint8Array) => bytes],
  ['inflated', { 'content-encoding': 'gzip' }, gzipSync],
])(
  '#44 a response of exactly the limit is taken, and one byte more is not asked for again: %s',
  async (_n, headers, pack) => {
    const bytes = encodeResponse(EFFECTS);
    const script: Script = (_request, socket) => void socket.write(response(pack(bytes), headers));
    expect(await outcomeOf(script, { responseBytesMax: bytes.length })).toEqual({ outcome: 'fine', requestCount: 1 });
    const short = { ...SHORT.async, responseBytesMax: bytes.length - 1 };
    expect(await outcomeOf(script, short)).toEqual({ outcome: 'REMOTE_CALL_FAILED', requestCount: 1 });
  },
);

test('#44 the limit holds for a response in chunks, too', async () => {
  const bytes = encodeResponse(EFFECTS);
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n';
  const script: Script = (_request, socket) =>
    void socket.write(
      Buffer.concat([Buffer.from(`${head}${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')]),
    );
  expect((await outcomeOf(script, { responseBytesMax: bytes.length })).outcome).toBe('fine');
  const short = { ...SHORT.async, responseBytesMax: bytes.length - 1 };
  expect((await outcomeOf(script, short)).outcome).toBe('REMOTE_CALL_FAILED');
});

test.each([
  ['gzip', gzipSync],
  ['GZIP', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['identity', (bytes: Uint8Array) => bytes],
])('#45 a response that is encoded as %s is inflated', async (encoding, pack) => {
  const body = pack(encodeResponse(EFFECTS));
  const server = await rawServer(
    (_request, socket) => void socket.write(response(body, { 'content-encoding': encoding })),
  );
  const { call } = caller({ url: `http://127.0.0.1:${server.port}/` });
  const result = (await call()) as BatchEffects;
  expect(result.messages).toMatchObject([{ target: { type: 'a/b', id: 'c' } }]);
  expect(result.messages[0].argument.value).toHaveLength(2_000);
});
