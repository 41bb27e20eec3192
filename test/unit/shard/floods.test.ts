/**
 * Back-pressure for one address, or one function, that gets more than it can do: who sends there is held back, nobody
 * else is, and whoever was held back is let go (I7).
 */
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Context, defineFunction } from '../../../src/index.ts';
import type { SingleThreadOptions } from '../../../src/testing/single-thread.ts';
import { type Gate, gate, results, Stage } from './stage.ts';

let gates: Gate[] = [];
/** Each invocation waits until the test opens the oldest gate. */
async function work(ctx: Context, message: number): Promise<void> {
  const own = gate();
  gates.push(own);
  await own.promise;
  ctx.egress(results, `${ctx.self.id} ${message}`);
}
const slow = defineFunction({ type: 'test/slow', invoke: async (ctx, n: number) => work(ctx, n) });
const narrow = defineFunction({ type: 'test/narrow', concurrency: 1, invoke: async (ctx, n: number) => work(ctx, n) });
const quick = defineFunction({ type: 'test/quick', invoke: (ctx, n: number) => ctx.egress(results, `quick ${n}`) });
const flooder = defineFunction({
  type: 'test/flooder',
  invoke(ctx, count: number) {
    for (let number = 0; number < count; number++) ctx.send(slow, 'hot', number);
  },
});

function stage(options: Partial<SingleThreadOptions> = {}): Stage {
  gates = [];
  return new Stage([slow, narrow, quick, flooder], { floodCountMax: 4, creditCount: 100, ...options });
}

/** What somebody gets who has just sent there: undefined if more may come. */
function ask(on: Stage, type: string, id: string): Promise<void> | undefined {
  const { input, directory } = on.engine.coordinator;
  return input.askFor(directory.numberFromOutside(type), id);
}

async function sendMany(on: Stage, type: string, id: string, count: number): Promise<void> {
  for (let number = 0; number < count; number++) on.send(type, id, number);
  await on.play();
}

/** Ends the oldest invocation, so many times. */
async function end(on: Stage, count: number): Promise<void> {
  for (let time = 0; time < count; time++) {
    gates.shift()?.open();
    await on.play();
  }
}

/** Whether it is settled by now. */
async function isOver(promise: Promise<unknown> | undefined): Promise<boolean> {
  return (await Promise.race([promise, setImmediate('late')])) !== 'late';
}

test('a flooded address holds back its own senders until half of what waits is gone', async () => {
  const on = stage();
  // One is under way.
  await sendMany(on, 'test/slow', 'hot', 5);
  expect(ask(on, 'test/slow', 'hot')).toBeUndefined();
  await sendMany(on, 'test/slow', 'hot', 1);
  const held = ask(on, 'test/slow', 'hot');
  expect(held).toBeInstanceOf(Promise);
  expect(ask(on, 'test/slow', 'cool')).toBeUndefined();
  expect(ask(on, 'test/quick', 'hot')).toBeUndefined();
  await end(on, 2);
  expect(await isOver(held)).toBe(false);
  await end(on, 1);
  expect(await isOver(held)).toBe(true);
  expect(ask(on, 'test/slow', 'hot')).toBeUndefined();
  await end(on, 3);
  expect(on.records()).toEqual([0, 1, 2, 3, 4, 0].map((number) => `hot ${number}`));
  expect(on.engine.coordinator.isQuiescent).toBe(true);
});

test('what waits for a flooded address takes no credit from others', async () => {
  const on = stage();
  on.send('test/flooder', 'Kim', 1_000);
  await on.play();
  const [shard] = on.engine.shards;
  expect([shard.backlogCount, shard.chargedCount]).toEqual([1_000, 1]);
  expect(on.engine.coordinator.input.ask()).toBeUndefined();
  await sendMany(on, 'test/quick', 'Lee', 300);
  expect(on.records()).toHaveLength(300);
  await end(on, 1_000);
  expect(on.records()).toEqual(Array.from({ length: 1_000 }, (_, number) => `hot ${number}`));
  expect([shard.backlogCount, shard.chargedCount, on.engine.coordinator.input.flooded.count]).toEqual([0, 0, 0]);
});

test('a flooded function holds back who sends to it in that shard, whichever address', async () => {
  const on = stage();
  for (let number = 0; number < 6; number++) on.send('test/narrow', `id-${number}`, number);
  await on.play();
  const held = ask(on, 'test/narrow', 'anybody');
  expect(held).toBeInstanceOf(Promise);
  expect(ask(on, 'test/slow', 'anybody')).toBeUndefined();
  expect([on.engine.shards[0].backlogCount, on.engine.shards[0].chargedCount]).toEqual([6, 1]);
  await end(on, 3);
  expect(await isOver(held)).toBe(true);
  await end(on, 3);
  expect(on.records()).toEqual(Array.from({ length: 6 }, (_, number) => `id-${number} ${number}`));
  expect(on.engine.coordinator.input.flooded.count).toBe(0);
});

/** Sends to many addresses in turn, until the function holds that back; none if it never does. */
async function fill(on: Stage, type: string): Promise<number> {
  for (let count = 0; count < 1_000; count++) {
    if (ask(on, type, 'anybody') !== undefined) return count;
    on.send(type, `id-${count % 300}`, count);
    await on.play();
  }
  return Number.NaN;
}

test('what is to gather by address may have all the room that is left, up to 64 times the limit', async () => {
  const type = 'test/gathering';
  const extras = { takesWaiting: true };
  const gathering = {
    ...defineFunction({ type, concurrency: 1, invoke: async (ctx, n: number) => work(ctx, n) }),
    ...extras,
  };
  // As many wait then as may still come.
  const half = await fill(new Stage([gathering], { floodCountMax: 1_024, creditCount: 1_000 }), type);
  expect(half).toBeGreaterThanOrEqual(500);
  expect(half).toBeLessThan(510);
  const most = await fill(new Stage([gathering], { floodCountMax: 4, creditCount: 1_000 }), type);
  expect(most).toBeGreaterThanOrEqual(256);
  expect(most).toBeLessThan(266);
});

test('the less room there is, the shorter a line may be; so many hot addresses do not close the shard', async () => {
  const on = stage({ floodCountMax: 1_024, creditCount: 1_600 });
  const ids = Array.from({ length: 60 }, (_, index) => `hot-${index}`);
  for (let round = 0; round < 200; round++) {
    for (const id of ids) if (ask(on, 'test/slow', id) === undefined) on.send('test/slow', id, round);
    await on.play();
  }
  expect(on.engine.coordinator.input.flooded.count).toBeGreaterThan(50);
  expect(on.engine.coordinator.input.ask()).toBeUndefined();
  expect(on.engine.shards[0].backlogCount).toBeLessThan(3_000);
});
