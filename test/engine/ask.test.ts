/**
 * Asking from outside: replies, late replies, no replies, and callers that are kept and answered by others.
 */
import { expect, test } from 'vitest';
import { counter, puppet } from './puppet.ts';
import { IDS, openEngine } from './puppet-engine.ts';

test('a function sees who it is, who called it, and what time it is', async () => {
  const { engine } = await openEngine();
  const before = Date.now();
  const seen = (await engine.ask(puppet, '号 1', { do: 'self' })) as { self: object; caller: object; now: number };
  expect(seen.self).toEqual({ type: 'puppet/sync', id: '号 1' });
  expect(seen.caller).toEqual({ type: 'millrace/asker', id: expect.any(String) });
  expect(seen.now).toBeGreaterThanOrEqual(before);
  expect(seen.now).toBeLessThanOrEqual(Date.now());
});

test('a caller can be kept in state and answered later, by another message', async () => {
  const { engine } = await openEngine();
  for (const type of ['puppet/sync', 'puppet/async']) {
    const answer = engine.ask(type, 'Kim', { do: 'keepCaller' });
    await engine.drained();
    await engine.send(type, 'Kim', { do: 'answer', value: { late: true } });
    expect(await answer).toEqual({ late: true });
  }
});

test('the first answer counts; later ones are dropped', async () => {
  const { engine, errors } = await openEngine();
  expect(await engine.ask(puppet, 'Kim', { do: 'reply twice' })).toBe(1);
  await expect(engine.ask(puppet, 'Kim', { do: 'keepCaller' }, { timeoutMs: 10 })).rejects.toMatchObject({
    code: 'ASK_TIMED_OUT',
  });
  await engine.send(puppet, 'Kim', { do: 'answer', value: 'too late' });
  await engine.drained();
  expect(errors).toEqual([]);
});

test.each([-1, Number.NaN, '5 s'])('no time-out is %j', async (timeoutMs) => {
  const { engine } = await openEngine();
  const asked = engine.ask(puppet, 'Kim', { do: 'save', value: 1 }, { timeoutMs: timeoutMs as number });
  await expect(asked).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { option: 'timeoutMs' } });
});

test('a time-out says who did not answer, and how long it took', async () => {
  const { engine } = await openEngine();
  await expect(engine.ask(puppet, 'Kim', { do: 'save', value: 1 }, { timeoutMs: 15 })).rejects.toThrow(
    'No reply from puppet/sync "Kim" within 15 ms. The message may still be processed; a later reply is dropped.',
  );
});

test('many can wait at once, also with the least of credit', async () => {
  const { engine } = await openEngine({ creditCount: 1, ringCapacityBytes: 4_096 });
  const startedAt = performance.now();
  const asks = Array.from({ length: 2_000 }, (_, index) =>
    engine.ask(puppet, IDS[index % IDS.length], { do: 'echo', value: index }),
  );
  expect(await Promise.all(asks)).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
  // Nobody may sleep while there is credit or room: that would be half a second for each, or a thousand in all.
  expect(performance.now() - startedAt).toBeLessThan(200_000);
});

test('an asker cannot be addressed from outside', async () => {
  const { engine } = await openEngine();
  await expect(engine.send('millrace/asker', '1', 'x')).rejects.toMatchObject({ code: 'UNKNOWN_FUNCTION' });
  expect(await engine.ask(counter, 'Kim', 'count')).toBe(0);
});
