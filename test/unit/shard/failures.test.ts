/** Attempts, back-off and dead letters, on the whole engine in one thread and in memory. */
import { expect, test } from 'vitest';
import { defineFunction, type FailurePolicy, functionType, type QuarantineEvent, value } from '../../../src/index.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import { type DeadLetterRow, keyFrom, messageOf } from '../../../src/shard/failing/dead-letters.ts';
import { afterPrefix } from '../../../src/state/row.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { Stage, results } from './stage.ts';

const BACKOFF = { initialMs: 100, factor: 2, maxMs: 1_000, jitter: 0 };

/** Fails as often as the message says, and counts. */
function flaky(policy: FailurePolicy, isAsync = false) {
  const seen: unknown[] = [];
  let failures = 0;
  const state = { done: value<readonly unknown[]>({ initial: [] }) };
  const run = (message: { n: number; fail: number }): void => {
    seen.push(message.n);
    if (failures < message.fail) {
      failures++;
      // What a function does to its message must not be what it gets next.
      message.fail = 1_000;
      throw new Error(`no ${message.n}`);
    }
    failures = 0;
  };
  const fn = defineFunction({
    type: 'test/flaky',
    state,
    failure: policy,
    invoke: isAsync
      ? async (ctx, message: { n: number; fail: number }) => {
          await Promise.resolve();
          run(message);
          ctx.state.done = [...ctx.state.done, message.n];
          if (ctx.caller !== undefined) ctx.reply('done');
        }
      : (ctx, message: { n: number; fail: number }) => {
          ctx.state.done = [...ctx.state.done, message.n];
          ctx.egress(results, message.n);
          run(message);
          if (ctx.caller !== undefined) ctx.reply('done');
        },
  });
  return { fn, seen };
}

async function deadLettersOf(stage: Stage, id: string): Promise<(DeadLetterRow & { read: unknown })[]> {
  const from = keyFrom(keyGroupOfHash(hashId(id)), 0);
  const found: (DeadLetterRow & { read: unknown })[] = [];
  for (const shard of stage.engine.shards) {
    for await (const { value: row } of shard.rows.scan(from, afterPrefix(from.slice(0, 3)))) {
      found.push({ ...(row as DeadLetterRow), read: messageOf(row as DeadLetterRow) });
    }
  }
  return found;
}

test.each([false, true])(
  'a message is tried again until it succeeds, the next one waits (async: %s)',
  async (isAsync) => {
    const clock = new SimulatedClock(5_000);
    const { fn, seen } = flaky({ attempts: 4, backoff: BACKOFF }, isAsync);
    const stage = new Stage([fn], { clock });
    stage.send('test/flaky', 'a', { n: 1, fail: 2 });
    stage.send('test/flaky', 'a', { n: 2, fail: 0 });
    const asked = stage.ask('test/flaky', 'a', { n: 3, fail: 0 });
    await stage.play();
    expect(seen).toEqual([1]);
    expect(stage.engine.coordinator.isQuiescent).toBe(false);
    clock.advance(99);
    await stage.play();
    expect(seen).toEqual([1]);
    clock.advance(1);
    await stage.play();
    expect(seen).toEqual([1, 1]);
    clock.advance(200);
    await stage.play();
    expect(seen).toEqual([1, 1, 1, 2, 3]);
    expect(asked.answer).toBe('done');
    expect(stage.errors).toEqual([]);
    expect(stage.engine.coordinator.isQuiescent).toBe(true);
    expect(await deadLettersOf(stage, 'a')).toEqual([]);
  },
);

test('after the last attempt the message lies with the dead letters, as it was sent, and the address goes on', async () => {
  const clock = new SimulatedClock(5_000);
  const { fn, seen } = flaky({ attempts: 2, backoff: BACKOFF });
  const stage = new Stage([fn], { clock });
  stage.send('test/flaky', 'a', { n: 1, fail: 2 });
  stage.send('test/flaky', 'a', { n: 2, fail: 0 });
  await stage.play();
  expect(stage.errors).toEqual([]);
  clock.advance(100);
  await stage.play();
  expect(seen).toEqual([1, 1, 2]);
  expect(stage.records()).toEqual([2]);
  expect(stage.errors.map(({ code, details }) => ({ code, ...details }))).toEqual([
    { code: 'INVOCATION_FAILED', type: 'test/flaky', id: 'a' },
  ]);
  const [letter, ...others] = await deadLettersOf(stage, 'a');
  expect(others).toEqual([]);
  expect(letter).toMatchObject({ type: 'test/flaky', id: 'a', attempts: 2, firstFailedAt: 5_000, failedAt: 5_100 });
  expect(letter.error).toMatchObject({ name: 'Error', message: 'no 1' });
  expect(letter.error.stack).toContain('no 1');
  expect(letter.read).toEqual({ n: 1, fail: 2 });
});

test('who asks is told after the last attempt only', async () => {
  const clock = new SimulatedClock();
  const { fn } = flaky({ attempts: 2, backoff: BACKOFF });
  const stage = new Stage([fn], { clock });
  const asked = stage.ask('test/flaky', 'a', { n: 1, fail: 2 });
  await stage.play();
  expect(asked).toEqual({});
  clock.advance(100);
  await stage.play();
  expect(asked.error).toMatchObject({ code: 'INVOCATION_FAILED' });
});

test('while one address waits for its next attempt, others go on', async () => {
  const { fn, seen } = flaky({ attempts: 2, backoff: BACKOFF });
  const stage = new Stage([fn], { clock: new SimulatedClock() });
  stage.send('test/flaky', 'a', { n: 1, fail: 1 });
  await stage.play();
  stage.send('test/flaky', 'b', { n: 2, fail: 0 });
  await stage.play();
  expect(seen).toEqual([1, 2]);
});

test('what cannot be kept as a message is described', async () => {
  const fn = defineFunction({
    type: 'test/mutilating',
    invoke(_ctx, message: { at: unknown }) {
      message.at = () => {};
      throw new Error('no');
    },
  });
  const stage = new Stage([fn]);
  stage.send('test/mutilating', 'a', { at: 1 });
  await stage.play();
  const [letter] = await deadLettersOf(stage, 'a');
  expect(letter.read).toContain('no longer a message');
});

test('a function that is to stop the engine ends the turn with an error that names it, and consumes nothing', async () => {
  const { fn } = flaky({ attempts: 1, otherwise: 'stop' });
  const stage = new Stage([fn]);
  stage.send('test/flaky', 'a', { n: 1, fail: 1 });
  stage.engine.turn(1);
  expect(() => stage.engine.turn(0)).toThrow(
    expect.objectContaining({ code: 'FUNCTION_FAILED', details: expect.objectContaining({ id: 'a' }) }),
  );
  expect(await deadLettersOf(stage, 'a')).toEqual([]);
});

test('functions and egresses that want it are told of each dead letter, and of nothing they do wrong', async () => {
  const told: QuarantineEvent[] = [];
  const { fn } = flaky({});
  const guard = defineFunction({
    type: 'test/guard',
    invoke(_ctx, event: QuarantineEvent) {
      told.push(event);
      throw new Error('me too');
    },
  });
  const onQuarantine = [functionType<QuarantineEvent>('test/guard'), results];
  const stage = new Stage([fn, guard], { onQuarantine, clock: new SimulatedClock(70) });
  stage.send('test/flaky', 'a', { n: 1, fail: 1 });
  await stage.play();
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({
    kind: 'dead-letter',
    address: { type: 'test/flaky', id: 'a' },
    attempts: 1,
    failedAt: 70,
    error: { message: 'no 1' },
  });
  expect(stage.records()).toEqual(told);
  const letters = await deadLettersOf(stage, 'a');
  expect(letters.map(({ type }) => type).toSorted()).toEqual(['test/flaky', 'test/guard']);
});

test('an engine in memory keeps a bounded number of dead letters, the newest ones', async () => {
  const fn = defineFunction({
    type: 'test/hopeless',
    invoke() {
      throw new Error('no');
    },
  });
  const stage = new Stage([fn]);
  for (let n = 0; n < 10_050; n++) {
    stage.send('test/hopeless', 'a', n);
    if (n % 100 === 0) await stage.play();
  }
  await stage.play();
  const letters = await deadLettersOf(stage, 'a');
  expect(letters).toHaveLength(10_000);
  expect(letters[0].read).toBe(50);
});
