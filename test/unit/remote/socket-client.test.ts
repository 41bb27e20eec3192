import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { systemTimers } from '../../../src/base/timers.ts';
import type { AttemptOutcome, HttpClient } from '../../../src/remote/attempt.ts';
import { fillEndpoint } from '../../../src/remote/endpoint-options.ts';
import { type FoundAddress, guardedLookup } from '../../../src/remote/guarded-lookup.ts';
import { AddressGuard } from '../../../src/remote/refused-addresses.ts';
import { openSocketClient } from '../../../src/remote/socket-client.ts';
import { EMPTY_200 } from './raw-response.ts';
import { caller, rawServer, until } from './raw-server.ts';

/** What the guarded look-up gives for a name with these addresses, asked for one of them or for all. */
function lookedUp(addresses: readonly string[], all: boolean, allow: readonly string[] = []): unknown {
  const found = addresses.map((address): FoundAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = guardedLookup(new AddressGuard(allow), (_hostname, _options, tell) => tell(null, found));
  let result: unknown;
  lookup('some.example', { all }, (error, address) => {
    result = error === null ? address : error.message;
  });
  return result;
}

test('a look-up gives what was judged, and nothing if one address is refused', () => {
  expect(lookedUp(['10.0.0.1', '::1'], false)).toBe('10.0.0.1');
  expect(lookedUp(['10.0.0.1'], true)).toEqual([{ address: '10.0.0.1', family: 4 }]);
  const refusal = 'some.example is at 169.254.169.254, which is refused unless it is listed in allow';
  expect(lookedUp(['169.254.169.254'], false)).toBe(refusal);
  expect(lookedUp(['10.0.0.1', '169.254.169.254'], true)).toBe(refusal);
  expect(lookedUp(['10.0.0.1', '169.254.169.254'], false)).toBe(refusal);
  expect(lookedUp(['169.254.169.254'], false, ['some.example'])).toBe('169.254.169.254');
  expect(lookedUp(['169.254.169.254'], false, ['169.254.169.254'])).toBe('169.254.169.254');
});

test('a name that cannot be resolved is an error', () => {
  const failure = new Error('getaddrinfo ENOTFOUND some.example');
  const lookup = guardedLookup(new AddressGuard([]), (_hostname, _options, tell) => tell(failure, []));
  const told: unknown[] = [];
  lookup('some.example', {}, (error) => told.push(error));
  expect(told).toEqual([failure]);
});

async function post(client: HttpClient, url: string): Promise<AttemptOutcome> {
  const target = fillEndpoint({ url }).url.targetOf('x');
  return await new Promise((attemptEnded) => {
    client.post(target, new Uint8Array(3), { attemptEnded });
  });
}

test('the client connects to nothing that the guard refuses', async () => {
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200));
  const url = `http://localhost:${server.port}/`;
  const filled = fillEndpoint({ url });
  const guard = { mayReach: () => true, mayBeAt: () => false } as unknown as AddressGuard;
  const client = openSocketClient(filled.url.targetOf('x'), { ...filled, guard }, systemClock, systemTimers, () => 0);
  const outcome = await post(client, url);
  expect(outcome.kind).toBe('unreachable');
  expect((outcome as { readonly cause: Error }).cause.message).toContain('which is refused');
  expect(server.connectionCount).toBe(0);
  await client.close();
  expect((await post(client, url)).kind).toBe('unreachable');
});

test('a connection that is too old is replaced', async () => {
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200));
  const url = `http://127.0.0.1:${server.port}/`;
  const filled = fillEndpoint({ url, connectionAgeMax: 1, concurrency: 1 });
  const client = openSocketClient(filled.url.targetOf('x'), filled, systemClock, systemTimers, () => 0);
  // Until one is used again: each call may meet one that has just become too old.
  for (let countBefore = -1; server.connectionCount !== countBefore; ) {
    countBefore = server.connectionCount;
    expect(await post(client, url)).toMatchObject({ kind: 'response', status: 200 });
  }
  const { connectionCount } = server;
  await setTimeout(1_050);
  expect(await post(client, url)).toMatchObject({ kind: 'response', status: 200 });
  expect(server.connectionCount).toBe(connectionCount + 1);
  await client.close();
  await expect.poll(() => server.openCount).toBe(0);
});

test('a request has left when somebody has taken it all', async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const filled = fillEndpoint({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
  const target = filled.url.targetOf('x');
  const client = openSocketClient(target, filled, systemClock, systemTimers, () => 0);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const attempt = client.post(target, new Uint8Array(40_000_000), { attemptEnded: () => undefined });
  expect([attempt.isSent, attempt.isTaken]).toEqual([false, false]);
  const [socket] = await accepted;
  await expect.poll(() => attempt.isSent).toBe(true);
  expect(attempt.isTaken).toBe(false);
  socket.resume();
  await expect.poll(() => attempt.isTaken).toBe(true);
  await client.close();
  await once(
    socket.on('error', () => undefined),
    'close',
  );
});

test('a connection that the other side has closed, or says it will close, is not used again', async () => {
  const endings = ['connection: close\r\n', 'keep-alive: timeout=1\r\n', '', ''];
  const server = await rawServer(({ number }, socket) => {
    const head = EMPTY_200.replace('\r\n\r\n', `\r\n${endings[number]}\r\n`);
    if (number === 2) socket.end(head);
    else socket.write(head);
  });
  const url = `http://127.0.0.1:${server.port}/`;
  const filled = fillEndpoint({ url, concurrency: 1 });
  const client = openSocketClient(filled.url.targetOf('x'), filled, systemClock, systemTimers, () => 0);
  for (const number of endings.keys()) {
    expect(await post(client, url)).toMatchObject({ kind: 'response', status: 200 });
    expect(server.connectionCount).toBe(number + 1);
    await until(() => number !== 2 || server.openCount === 0);
  }
  await client.close();
  await expect.poll(() => server.openCount).toBe(0);
});

test('there are no more connections than there may be, however many calls wait for one', async () => {
  const server = await rawServer((_request, socket) => void socket.write(EMPTY_200));
  const { call } = caller({ url: `http://127.0.0.1:${server.port}/`, connectionCountMax: 2 });
  await Promise.all(Array.from({ length: 20 }, () => call()));
  expect(server.requests).toHaveLength(20);
  expect(server.connectionCount).toBe(2);
});
