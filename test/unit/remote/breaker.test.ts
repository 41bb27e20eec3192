import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { NO_EFFECTS } from '../../../src/statefun/protocol.ts';
import { cut, ok, type Reply, stage, status, unreachable } from './scripted-client.ts';

test('calls wait while nobody can be reached, for longer than they may take, and then go on', async () => {
  const at = stage({ timeouts: { call: '10 s' } });
  at.client.reply = () => unreachable();
  const call = at.call();
  await at.time.pass(3_600_000);
  expect(at.status()).toMatchObject({ state: 'open', reason: 'connect ECONNREFUSED 127.0.0.1:1', waitingCount: 1 });
  expect(at.reports.map(({ code }) => code)).toEqual(['ENDPOINT_UNREACHABLE']);
  expect(at.reports[0]?.message).toContain('cannot be reached from shard 0');
  // The first five at 4, 8, 16 and 32 ms, then probes after 100 ms, doubled up to 30 s.
  const times = at.client.posted.map((posted) => posted.at);
  expect(times.slice(0, 9)).toEqual([0, 4, 12, 28, 60, 160, 360, 760, 1560]);
  expect(times.at(-1)! - times.at(-2)!).toBe(30_000);
  // Its time has stood still: there is enough of it for some attempts more.
  const attemptCount = at.client.posted.length;
  at.client.reply = (attempt) => (attempt < attemptCount + 5 ? status(500) : ok());
  await at.time.pass(40_000);
  expect(await call).toEqual(NO_EFFECTS);
  expect(at.status()).toMatchObject({ state: 'closed', reason: null, waitingCount: 0 });
  expect(at.time.timerCount).toBe(0);
});

test('it opens once for each outage, and the next one begins with short waits again', async () => {
  const at = stage();
  at.client.reply = () => unreachable('down');
  const first = at.call();
  await at.time.pass(60_000);
  at.client.reply = () => ok();
  await at.time.pass(30_000);
  await first;
  expect(at.reports).toHaveLength(1);
  at.client.reply = () => unreachable('down again');
  const begun = at.time.elapsedMs();
  const second = at.call();
  await at.time.pass(200);
  expect(at.reports).toHaveLength(2);
  expect(at.client.posted.filter((posted) => posted.at >= begun).map((posted) => posted.at - begun)).toEqual([
    0, 4, 12, 28, 60, 160,
  ]);
  expect(at.status()).toMatchObject({ state: 'open', reason: 'down again', since: at.time.now() - 200 + 60 });
  at.client.reply = () => ok();
  await at.time.pass(1_000);
  await second;
});

test('attempts that nobody answers count, and a probe that hangs does not keep the next from being sent', async () => {
  const at = stage({ timeouts: { call: '1 s' }, breaker: { failureCount: 2, probeAfterMax: 200 } });
  at.client.reply = () => 'never';
  const calls = [at.call(), at.call(), at.call()];
  await at.time.pass(1_000);
  // The first one's time was over when it was cut off; by then that was the first failure.
  await expect(calls[0]).rejects.toMatchObject({ code: 'REMOTE_CALL_FAILED' });
  expect(at.status()).toMatchObject({ state: 'open', reason: 'There was no response within 1000 ms' });
  await at.time.pass(150);
  expect(at.status().state).toBe('probing');
  const probeTimes = (): number[] => at.client.posted.map((posted) => posted.at).filter((ms) => ms > 0);
  expect(probeTimes()).toEqual([1_100]);
  at.client.reply = () => ok();
  await at.time.pass(2_000);
  const rest = await Promise.allSettled(calls.slice(1));
  expect(rest.filter((each) => each.status === 'fulfilled').length).toBeGreaterThan(0);
  expect(at.status()).toMatchObject({ state: 'closed', underWayCount: 0, waitingCount: 0 });
});

test('whoever answers is there: statuses and lost connections do not open it', async () => {
  const at = stage({ timeouts: { call: 5_000 } });
  at.client.reply = (attempt) => (attempt % 2 === 0 ? status(503) : cut());
  const call = at.call();
  await at.time.pass(10_000);
  await expect(call).rejects.toMatchObject({ code: 'REMOTE_CALL_FAILED' });
  expect(at.reports).toEqual([]);
  expect(at.status().state).toBe('closed');
});

test('a call whose every connection fails slowly opens it rather than fail', async () => {
  const at = stage({ timeouts: { call: 3_000, connect: 2_000 } });
  at.client.reply = () => ({ ...(unreachable('Connect Timeout Error') as object), afterMs: 2_000 }) as Reply;
  const call = at.call();
  await at.time.pass(60_000);
  expect(at.status()).toMatchObject({ reason: 'Connect Timeout Error', waitingCount: 0, underWayCount: 1 });
  at.client.reply = () => ok();
  await at.time.pass(60_000);
  expect(await call).toEqual(NO_EFFECTS);
});

test('probes take turns, so one message that nobody survives does not keep the others', async () => {
  const at = stage({ url: 'http://127.0.0.1:8000/{function.name}', breaker: { failureCount: 2 } });
  let isDown = true;
  at.client.reply = (_attempt, { path }) => (isDown || path === '/deadly' ? unreachable() : ok());
  const deadly = at.call('test/deadly');
  const others = [at.call('test/one'), at.call('test/two')];
  await at.time.pass(1_000);
  isDown = false;
  await at.time.pass(5_000);
  expect(await Promise.all(others)).toEqual([NO_EFFECTS, NO_EFFECTS]);
  await at.endpoint.companion?.stop();
  await expect(deadly).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
});

test('other origins of an endpoint do not notice', async () => {
  const at = stage({ url: 'http://{function.name}.local/', breaker: { failureCount: 1 } });
  at.client.reply = (_attempt, { origin }) => (origin === 'http://dead.local' ? unreachable() : ok());
  const dead = at.call('test/dead');
  await at.time.pass(10);
  for (let count = 0; count < 100; count++) expect(await at.call('test/live')).toEqual(NO_EFFECTS);
  expect(at.endpoint.companion?.status()).toMatchObject([
    { origin: 'http://dead.local', state: 'open' },
    { origin: 'http://live.local', state: 'closed', attemptCount: 100, waitingCount: 0 },
  ]);
  await at.endpoint.companion?.stop();
  await expect(dead).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
});

test('whatever happens, calls end, nothing is left over, and nobody fails for an outage', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Prng(seed);
    const at = stage({
      profile: random.pick(['async', 'okhttp']),
      concurrency: 1 + random.below(6),
      breaker: { failureCount: 1 + random.below(6) },
    });
    let isUp = true;
    const bad = random.chance(0.5) ? 0.3 : 0;
    at.client.reply = (): Reply => {
      const afterMs = random.chance(0.5) ? random.below(50) : undefined;
      const late = (reply: Reply): Reply =>
        ({ ...(reply as object), ...(afterMs !== undefined && { afterMs }) }) as Reply;
      if (!isUp) return random.chance(0.1) ? 'never' : late(unreachable());
      return random.chance(bad) ? late(random.pick([status(500), cut()])) : late(ok());
    };
    const aborters = Array.from({ length: 30 }, () => new AbortController());
    const calls = aborters.map(({ signal }) => at.call('test/greeter', signal));
    for (let step = 0; step < 30; step++) {
      await at.time.pass(random.below(2_000));
      if (random.chance(0.3)) isUp = !isUp;
      if (random.chance(0.1)) random.pick(aborters).abort(new Error('aborted'));
    }
    isUp = true;
    await at.time.pass(400_000);
    const outcomes = await Promise.allSettled(calls);
    const failures = outcomes.filter((each) => each.status === 'rejected').map((each) => each.reason as Error);
    expect(failures.filter(({ message }) => message !== 'aborted').map(({ message }) => message)).toEqual([]);
    expect(at.status()).toMatchObject({ state: 'closed', underWayCount: 0, waitingCount: 0 });
    expect(at.time.timerCount).toBe(0);
  }
});

test('a last attempt that is cut short says nothing of an endpoint that answers, be it with failures', async () => {
  const at = stage({ timeouts: { call: 100 } });
  // Answers after 20 ms, so the last attempts, which have some 10 ms, hear nothing.
  at.client.reply = () => ({ ...(status(500) as object), afterMs: 20 }) as Reply;
  const calls = Array.from({ length: 12 }, () => at.call());
  await at.time.pass(1_000);
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'REMOTE_CALL_FAILED' });
  expect([at.status().state, at.reports]).toEqual(['closed', []]);
});

test('but of one that has said nothing for as long as a call may take, it says enough', async () => {
  const at = stage({ timeouts: { call: 100 }, connectionCountMax: 1 });
  at.client.reply = () => 'never';
  const calls = Array.from({ length: 12 }, () => at.call());
  await at.time.pass(1_000);
  expect(at.status()).toMatchObject({ failureCount: 4, waitingCount: 8 });
  expect(at.reports.map(({ code }) => code)).toEqual(['ENDPOINT_UNREACHABLE']);
  await at.endpoint.companion?.stop();
  await Promise.allSettled(calls);
});
