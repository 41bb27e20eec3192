import { expect, test } from 'vitest';
import type { AttemptOutcome } from '../../../src/remote/attempt.ts';
import { MillraceError } from '../../../src/sdk/errors.ts';
import { encodeResponse } from '../../../src/statefun/protocol-codec.ts';
import { NO_EFFECTS } from '../../../src/statefun/protocol.ts';
import { settle } from './manual-time.ts';
import { cut, ok, stage, status } from './scripted-client.ts';

/** When the attempts were made. */
function timesOf({ client }: ReturnType<typeof stage>): number[] {
  return client.posted.map(({ at }) => at);
}

async function failure(call: Promise<unknown>): Promise<MillraceError> {
  return await call.then(
    () => expect.fail('the call should have failed'),
    (error: unknown) => error as MillraceError,
  );
}

test('an answer is read, and the path is that of the function', async () => {
  const at = stage();
  at.client.reply = () => ok(encodeResponse(NO_EFFECTS));
  expect(await at.call('shop/cart')).toEqual(NO_EFFECTS);
  expect(at.client.posted).toMatchObject([{ path: '/cart', origin: 'http://127.0.0.1:8000' }]);
  expect(at.time.timerCount).toBe(0);
  expect(at.status()).toMatchObject({ state: 'closed', attemptCount: 1, failureCount: 0, underWayCount: 0 });
});

test('async: everything is tried again, after 4, 8, 16 ms', async () => {
  const at = stage();
  const replies = [status(404), status(500), ok(new Uint8Array([1, 2, 3])), ok(undefined, 'text/html'), cut(), ok()];
  at.client.reply = (attempt) => replies[attempt];
  const call = at.call();
  await at.time.pass(1_000);
  expect(timesOf(at)).toEqual([0, 4, 12, 28, 60, 124]);
  expect(await call).toEqual(NO_EFFECTS);
});

test('okhttp: what may be transient is tried again, after 10, 20, 40 ms', async () => {
  const at = stage({ profile: 'okhttp' });
  const replies = [408, 409, 420, 429, 499, 500, 503, 599].map((code) => status(code));
  at.client.reply = (attempt) => [...replies, cut(), ok()][attempt];
  const call = at.call();
  await at.time.pass(10_000);
  expect(timesOf(at)).toEqual([0, 10, 30, 70, 150, 310, 630, 1270, 2550, 5110]);
  expect(await call).toEqual(NO_EFFECTS);
});

test.each([
  ['404', status(404), 'It answered with status 404: "no luck"', 404],
  ['a redirect', status(302), 'It answered with status 302: "no luck"', 302],
  ['another content type', ok(undefined, 'text/html'), 'It answered with content type "text/html" instead of', 200],
  ['garbage', ok(new Uint8Array([255])), 'The response is cut off', 200],
])('okhttp: %s is final', async (_name, reply, reason, code) => {
  const at = stage({ profile: 'okhttp' });
  at.client.reply = () => reply;
  const error = await failure(at.call());
  expect(error.code).toBe('REMOTE_CALL_FAILED');
  expect(error.details).toMatchObject({ endpoint: 'http://127.0.0.1:8000/{function.name}', attempts: 1, status: code });
  expect(error.message).toContain(reason);
  expect(at.client.posted).toHaveLength(1);
  expect(at.time.timerCount).toBe(0);
});

test.each(['async', 'okhttp'] as const)('%s: what is too much is not asked for again', async (profile) => {
  const tooLong: AttemptOutcome = { kind: 'too-long', cause: new Error('The response is longer than 7 bytes') };
  const id = 'x'.repeat(1_025);
  const message = { target: { type: 'test/fn', id }, argument: { typename: '', value: undefined } };
  const idTooLong = encodeResponse({ ...NO_EFFECTS, messages: [message] });
  for (const reply of [{ outcome: tooLong }, status(413), ok(idTooLong)]) {
    const at = stage({ profile });
    at.client.reply = () => reply;
    const error = await failure(at.call());
    expect(error).toMatchObject({ code: 'REMOTE_CALL_FAILED', details: { attempts: 1, isTooMuch: true } });
    expect(at.status().state).toBe('closed');
  }
});

test('content types are compared as the transports do', async () => {
  for (const [profile, type, isFine] of [
    ['async', 'Application/Octet-Stream', true],
    ['async', 'application/octet-stream; charset=utf-8', false],
    ['okhttp', 'application/octet-stream', true],
    ['okhttp', 'Application/Octet-Stream', false],
    ['okhttp', 'application/octet-stream;charset=utf-8', false],
  ] as const) {
    const at = stage({
      profile,
      timeouts: { call: 3, ...(profile === 'okhttp' && { connect: 1, read: 1, write: 1 }) },
    });
    at.client.reply = () => ok(undefined, type);
    const call = at.call();
    await at.time.pass(100);
    const outcome = await call.then(
      () => true,
      () => false,
    );
    expect([profile, type, outcome]).toEqual([profile, type, isFine]);
  }
});

test('async: the call ends when its time is over, with one last attempt of a few milliseconds', async () => {
  const at = stage({ timeouts: { call: 100 } });
  at.client.reply = (attempt) => (attempt < 5 ? status(500) : 'never');
  const call = at.call();
  await at.time.pass(1_000);
  const error = await failure(call);
  // 4 + 8 + 16 + 32 = 60, then the pause of 64 is cut to what is left; the last attempt gets 7 to 13 ms.
  expect(timesOf(at)).toEqual([0, 4, 12, 28, 60, 100]);
  expect(error.message).toContain('failed after 6 attempts in 110 ms: There was no response within 10 ms');
  expect(at.client.posted[5]?.isCancelled).toBe(true);
  expect(at.status()).toMatchObject({ failureCount: 1, underWayCount: 0, waitingCount: 0 });
});

test('okhttp: each attempt has the whole time, and there is one after the last pause', async () => {
  const timeouts = { call: 100, connect: 100, read: 100, write: 100 };
  const at = stage({ profile: 'okhttp', timeouts });
  at.client.reply = (attempt) => (attempt < 4 ? status(500) : 'never');
  const call = at.call();
  await at.time.pass(1_000);
  expect(timesOf(at)).toEqual([0, 10, 30, 70, 100]);
  expect((await failure(call)).message).toContain('in 200 ms');
});

test('okhttp: silence for longer than the read timeout ends an attempt', async () => {
  const at = stage({ profile: 'okhttp' });
  at.client.reply = (attempt) => (attempt === 0 ? 'never' : ({ ...(ok() as object), afterMs: 9_000 } as never));
  const call = at.call();
  await at.time.pass(30_000);
  expect(await call).toEqual(NO_EFFECTS);
  expect(timesOf(at)).toEqual([0, 10_010]);
});

test.each([
  ['stuck', 4_000],
  ['never', 9_000],
] as const)('a request that is %s ends after its own timeout', async (reply, ms) => {
  const at = stage({ profile: 'okhttp', timeouts: { read: 9_000, write: 4_000 } });
  at.client.reply = (attempt) => (attempt === 0 ? reply : ok());
  const call = at.call();
  await at.time.pass(30_000);
  expect(await call).toEqual(NO_EFFECTS);
  expect(timesOf(at)).toEqual([0, ms + 10]);
});

test('async: a function may compute in silence for as long as the call may take', async () => {
  const at = stage();
  at.client.reply = () => ({ ...(ok() as object), afterMs: 119_000 }) as never;
  const call = at.call();
  await at.time.pass(119_000);
  expect(await call).toEqual(NO_EFFECTS);
});

test.each([
  ['seconds', '3', 3_000],
  ['a date', new Date(1_000_000_007_000).toUTCString(), 7_000],
  ['a date in the oldest form that HTTP has', 'Sun Sep  9 01:46:47 2001', 7_000],
  ['a date in the second oldest', 'Sunday, 09-Sep-01 01:46:47 GMT', 7_000],
  ['a date without a time', 'Sun, 09 Sep 2001', 4],
  ['a date that is over', new Date(0).toUTCString(), 4],
  ['nonsense', 'soon', 4],
  ['a negative number', '-5', 4],
  ['less than the pause', '0', 4],
  ['more than there is time', '99999999', 120_000],
])('Retry-After as %s', async (_name, header, at2) => {
  const at = stage();
  at.client.reply = (attempt) => (attempt === 0 ? status(503, header) : ok());
  const call = at.call();
  await at.time.pass(200_000);
  expect(timesOf(at)).toEqual([0, at2]);
  expect(await call).toEqual(NO_EFFECTS);
});

test('a deadline that is over is told with what the attempts have come to, anything else as it is', async () => {
  const at = stage();
  at.client.reply = () => status(500);
  const overdue = new MillraceError('INVOCATION_OVERDUE', 'late', { details: { deadlineMs: 20 } });
  const stopped = new MillraceError('ENGINE_STOPPED', 'over');
  const signals = [overdue, stopped].map(() => new AbortController());
  const calls = signals.map(({ signal }) => failure(at.call('test/greeter', signal)));
  await at.time.pass(20);
  signals[0].abort(overdue);
  signals[1].abort(stopped);
  expect(await calls[0]).toMatchObject({
    code: 'INVOCATION_OVERDUE',
    message: expect.stringContaining('had been tried 3 times: It answered with status 500') as unknown,
    details: { deadlineMs: 20, attempts: 3 },
    cause: overdue,
  });
  expect(await calls[1]).toBe(stopped);
});

test('a signal ends an attempt, a pause and a wait, and frees the connection', async () => {
  const at = stage({ concurrency: 1 });
  at.client.reply = (attempt) => (attempt === 1 ? status(500) : 'never');
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  const calls = [first, second, third].map(({ signal }) => at.call('test/greeter', signal));
  expect(at.status()).toMatchObject({ underWayCount: 1, waitingCount: 2 });
  third.abort(new Error('third'));
  await expect(calls[2]).rejects.toThrow('third');
  first.abort(new Error('first'));
  await expect(calls[0]).rejects.toThrow('first');
  expect(at.client.posted[0]?.isCancelled).toBe(true);
  await settle();
  expect(at.client.posted).toHaveLength(2);
  expect(at.time.nextMs).toBe(4);
  second.abort(new Error('second'));
  await expect(calls[1]).rejects.toThrow('second');
  expect(at.time.timerCount).toBe(0);
  expect(at.status()).toMatchObject({ underWayCount: 0, waitingCount: 0 });
  const over = AbortSignal.abort(new Error('before'));
  await expect(at.call('test/greeter', over)).rejects.toThrow('before');
  expect(at.client.posted).toHaveLength(2);
});

test('stopping ends all calls and closes what is open', async () => {
  const at = stage({ concurrency: 2 });
  at.client.reply = () => 'never';
  const calls = [at.call(), at.call(), at.call()];
  await settle();
  await at.endpoint.companion?.stop();
  for (const call of calls) expect((await failure(call)).code).toBe('ENGINE_STOPPED');
  expect(at.client.isClosed).toBe(true);
  expect(at.time.timerCount).toBe(0);
});

test('no more attempts than there are connections are under way', async () => {
  const at = stage({ concurrency: 8, connectionCountMax: 3 });
  at.client.reply = () => ({ ...(ok() as object), afterMs: 10 }) as never;
  const calls = Array.from({ length: 10 }, () => at.call());
  let most = 0;
  for (let ms = 0; ms < 50; ms++) {
    await at.time.pass(1);
    most = Math.max(most, at.status().underWayCount);
  }
  expect(most).toBe(3);
  expect(timesOf(at)).toEqual([0, 0, 0, 10, 10, 10, 20, 20, 20, 30]);
  await Promise.all(calls);
});

test('names that lead elsewhere are not called', async () => {
  const at = stage();
  for (const type of ['test/..', 'test/%2e%2E', 'test/a b', 'test/a\\..\\b']) {
    const error = await failure(at.call(type));
    expect([type, error.code]).toEqual([type, 'REMOTE_CALL_FAILED']);
  }
  const hosts = stage({ url: 'http://{function.name}/path' });
  for (const type of [
    'test/x@10.0.0.1',
    'test/h:80',
    'test/h?',
    'test/169.254.169.254',
    'test/metadata.google.internal',
  ]) {
    const error = await failure(hosts.call(type));
    expect([type, error.code]).toEqual([type, 'REMOTE_CALL_FAILED']);
  }
  expect(await hosts.call('test/greeter.svc')).toEqual(NO_EFFECTS);
  expect(hosts.client.posted).toMatchObject([{ origin: 'http://greeter.svc', path: '/path' }]);
});
