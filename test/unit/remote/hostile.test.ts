/**
 * What an endpoint may send that is no proper answer. Whatever it is, the call ends as its profile says, connections and
 * memory are given back, the thread goes on with other things meanwhile, and the endpoint is called again afterwards.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { NO_EFFECTS } from '../../../src/statefun/protocol.ts';
import { HOSTILE } from './hostile-server.ts';
import { EMPTY_200, response } from './raw-response.ts';
import { caller, type RawServer, rawServer, until } from './raw-server.ts';

const OK_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n';

const server = fork(new URL('./hostile-server.ts', import.meta.url), ['serve'], { execArgv: [] });
const [port] = (await once(server, 'message')) as [number];
afterAll(() => void server.kill());

/**
 * How much work a turn of the event loop may be with three such responses coming in. It is 4 to 15 ms, of which the
 * measure itself, whose steps are 4 ms, is a part.
 */
const HOLD_MS_MAX = 250;

/**
 * The longest turn of the event loop while something was going on: in milliseconds of this thread's own work, since other
 * test runs share the processor and can stop it for any time.
 */
async function longestHold(work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let isDone = false;
  const watch = (last: number): void => {
    const now = workedMs();
    longest = Math.max(longest, now - last);
    if (!isDone) setImmediate(watch, now);
  };
  watch(workedMs());
  await work;
  isDone = true;
  return longest;
}

function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

test.each(Object.keys(HOSTILE))('%s ends in a failed call, and then the endpoint works', async (name) => {
  const timeouts = { call: 500, connect: 500 };
  const url = `http://127.0.0.1:${port}/{function.name}`;
  const { call, status } = caller({ url, timeouts, responseBytesMax: 4_000_000 });
  const rssBefore = process.memoryUsage().rss;
  const codeOf = async (): Promise<unknown> => await call(`test/${name}`).then(String, (error) => error.code);
  const calls = Promise.all([codeOf(), codeOf(), codeOf()]);
  const hold = await longestHold(calls);
  expect(await calls).toEqual(['REMOTE_CALL_FAILED', 'REMOTE_CALL_FAILED', 'REMOTE_CALL_FAILED']);
  expect(hold).toBeLessThan(HOLD_MS_MAX);
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(200_000_000);
  // The other process may have much to throw away before it gets to this.
  const fine = async (): Promise<unknown> => await call('test/fine').catch(String);
  await expect.poll(fine).toEqual(NO_EFFECTS);
  expect(status()).toMatchObject({ state: 'closed', underWayCount: 0, waitingCount: 0 });
});

test('a million mutations are read, and refused when they are more than a function may have', async () => {
  const { call } = caller({ url: `http://127.0.0.1:${port}/{function.name}`, profile: 'okhttp' });
  const called = call('test/a-million-mutations').then(String, (error: Error) => error.message);
  expect(await longestHold(called)).toBeLessThan(HOLD_MS_MAX);
  expect(await called).toContain('has more than 1000 states');
});

test('a success without content may say that it has some', async () => {
  const server = await rawServer((_request, socket) => void socket.end(response('hello', {}, 204)));
  const { call } = caller({ url: `http://127.0.0.1:${server.port}/` });
  expect(await call()).toEqual(NO_EFFECTS);
});

test('a drip ends with the call, however steady it is', async () => {
  const server = await rawServer((_request, socket) => {
    socket.write(`${OK_HEAD}content-length: 1000\r\n\r\n`);
    const timer = setInterval(() => socket.write('x'), 5);
    socket.on('close', () => clearInterval(timer));
  });
  const { call } = caller({ url: `http://127.0.0.1:${server.port}/`, timeouts: { call: 200 } });
  await expect(call()).rejects.toThrow('The response did not end within');
  await until(() => server.openCount === 0);
});

test('what follows a response on its connection is not taken for the next one', async () => {
  const stolen = response(Buffer.from('a206020a00', 'hex'));
  const server = await rawServer(
    (_request, socket) => void socket.write(Buffer.concat([Buffer.from(EMPTY_200), stolen])),
  );
  const { call } = caller({ url: `http://127.0.0.1:${server.port}/`, concurrency: 1 });
  for (let count = 0; count < 5; count++) expect(await call()).toEqual(NO_EFFECTS);
  expect(server.connectionCount).toBe(5);
});

test('an aborted call closes its connection at once', async () => {
  const server = await rawServer(() => undefined);
  const { call, status } = caller({ url: `http://127.0.0.1:${server.port}/` });
  const aborter = new AbortController();
  const called = call('test/greeter', aborter.signal);
  await until(() => server.requests.length === 1);
  aborter.abort(new Error('enough'));
  await expect(called).rejects.toThrow('enough');
  await until(() => server.openCount === 0);
  expect(status()).toMatchObject({ underWayCount: 0, waitingCount: 0 });
});

test('large responses at the same time rest before they fill the memory, and all of them arrive', async () => {
  const body = Buffer.alloc(1_000_000);
  let most = 0;
  let sentBytes = 0;
  const server = await rawServer((_request, socket) => {
    sentBytes += body.length;
    socket.write(response(body));
    most = Math.max(most, sentBytes);
  });
  const { call, status } = caller({
    url: `http://127.0.0.1:${server.port}/`,
    profile: 'okhttp',
    responseBytesMax: 1_000_000,
  });
  // Zeroes are no response of a function: each is read to its end and then refused.
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => call()));
  expect(outcomes.map((each) => (each.status === 'rejected' ? (each.reason as Error).message : 'fine'))).toEqual(
    Array.from({ length: 40 }, () => expect.stringContaining('failed after 1 attempt') as string),
  );
  expect(most).toBe(40_000_000);
  expect(status()).toMatchObject({ attemptCount: 40, failureCount: 40, underWayCount: 0 });
});

/** A response with some bytes changed, left out, put in, repeated or cut off. */
function mutated(random: Prng, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let change = 1 + random.below(3); change > 0; change--) {
    const at = random.below(result.length + 1);
    const kind = random.below(5);
    if (kind === 0) result[Math.min(at, result.length - 1)] = random.below(256);
    else if (kind === 1) result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + random.below(8))]);
    else if (kind === 2)
      result = Buffer.concat([result.subarray(0, at), Buffer.from([random.below(256)]), result.subarray(at)]);
    else if (kind === 3) result = Buffer.concat([result.subarray(0, at), result]);
    else result = result.subarray(0, Math.max(1, at));
  }
  return result;
}

test('hundreds of changed responses: calls end, and the endpoint works', async () => {
  const random = new Prng(11);
  const original = [
    response(Buffer.from('a20600', 'hex')),
    response(gzipSync(Buffer.from('a20600', 'hex')), { 'content-encoding': 'gzip' }),
    Buffer.from(
      `HTTP/1.1 100 Continue\r\n\r\n${OK_HEAD}transfer-encoding: chunked\r\n\r\n3\r\n\xa2\x06\x00\r\n0\r\n\r\n`,
      'latin1',
    ),
  ];
  const server: RawServer = await rawServer((_request, socket) => {
    const bytes = mutated(random, random.pick(original));
    if (random.chance(0.5)) socket.end(bytes);
    else socket.write(bytes, () => setTimeout(() => socket.destroy(), 20));
  });
  const { call, status } = caller({
    url: `http://127.0.0.1:${server.port}/`,
    profile: 'okhttp',
    timeouts: { call: 60 },
  });
  let endedCount = 0;
  for (let round = 0; round < 24; round++) {
    const outcomes = await Promise.allSettled(Array.from({ length: 25 }, () => call()));
    for (const outcome of outcomes) {
      endedCount++;
      const code = outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'fine';
      expect(['fine', 'REMOTE_CALL_FAILED']).toContain(code);
    }
  }
  expect(endedCount).toBe(600);
  expect(server.requests.length).toBeGreaterThan(600);
  server.script = (_request, socket) => void socket.write(EMPTY_200);
  expect(await call()).toEqual(NO_EFFECTS);
  expect(status()).toMatchObject({ state: 'closed', underWayCount: 0, waitingCount: 0 });
});
