/**
 * Bounds on what is under way: never more than they say, nothing lost or reordered per address (I4), and whoever waits
 * holds up nobody but its own function.
 */
import { expect, test } from 'vitest';
import { type AsyncResult, type Context, defineFunction, isAsyncResult } from '../../../src/index.ts';
import type { AnyFunction } from '../../../src/sdk/function.ts';
import type { SingleThreadOptions } from '../../../src/testing/single-thread.ts';
import { results, Stage } from './stage.ts';

/** What is under way, oldest first: who it is for, and how to end it. */
let underWay: { readonly name: string; readonly end: () => void }[] = [];

async function pause(name: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  underWay.push({ name, end: resolve });
  await promise;
}

async function work(ctx: Context, message: number): Promise<void> {
  await pause(`${ctx.self.type} ${ctx.self.id} ${message}`);
  ctx.egress(results, `${ctx.self.id} ${message}`);
}

const slow = defineFunction({ type: 'test/slow', concurrency: 2, invoke: async (ctx, n: number) => work(ctx, n) });
const other = defineFunction({ type: 'test/other', invoke: async (ctx, n: number) => work(ctx, n) });
const quick = defineFunction({ type: 'test/quick', invoke: (ctx, n: number) => ctx.egress(results, `quick ${n}`) });
const starter = defineFunction({
  type: 'test/starter',
  concurrency: 2,
  invoke(ctx, message: number | AsyncResult<number>) {
    if (isAsyncResult(message)) return ctx.egress(results, `${ctx.self.id} ended ${message.metadata}`);
    const { id } = ctx.self;
    for (let number = 0; number < message; number++) ctx.async(number, () => pause(`${id} ${number}`));
    ctx.egress(results, `${ctx.self.id} began ${message}`);
  },
});

function stage(options: Partial<SingleThreadOptions> = {}): Stage {
  underWay = [];
  return new Stage([slow, other, quick, starter], options);
}

function names(): string[] {
  return underWay.map(({ name }) => name);
}

/** Ends the oldest of what is under way, again and again, and returns the most that ever was. */
async function endAll(on: Stage): Promise<number> {
  let most = underWay.length;
  while (underWay.length > 0) {
    underWay.shift()?.end();
    await on.play();
    most = Math.max(most, underWay.length);
  }
  return most;
}

test('a function has no more under way than its concurrency, and its messages come in order', async () => {
  const on = stage({ queueCountMax: 4 });
  const expected: string[] = [];
  for (let message = 0; message < 30; message++) {
    const id = `a${message % 3}`;
    on.send('test/slow', id, message);
    expected.push(`${id} ${message}`);
  }
  await on.play();
  expect(names()).toEqual(['test/slow a0 0', 'test/slow a1 1']);
  expect(await endAll(on)).toBe(2);
  const told = on.records() as string[];
  expect(told.toSorted()).toEqual(expected.toSorted());
  for (const id of ['a0', 'a1', 'a2']) {
    expect(told.filter((line) => line.startsWith(id))).toEqual(expected.filter((line) => line.startsWith(id)));
  }
  expect(on.engine.coordinator.isQuiescent).toBe(true);
  expect(on.entityCount).toBe(0);
});

test('a function at its bound holds up no other', async () => {
  const on = stage();
  for (let message = 0; message < 10; message++) on.send('test/slow', `a${message}`, message);
  on.send('test/other', 'b', 1);
  on.send('test/quick', 'a9', 2);
  await on.play();
  expect(names()).toEqual(['test/slow a0 0', 'test/slow a1 1', 'test/other b 1']);
  expect(on.records()).toEqual(['quick 2']);
  expect(await endAll(on)).toBe(3);
  expect((on.records() as string[]).length).toBe(11);
});

test('a shard at its bound lets async functions wait, each in turn, and others go on', async () => {
  const on = stage({ asyncCountMax: 3 });
  for (let message = 0; message < 6; message++) {
    on.send('test/other', `b${message}`, message);
    on.send('test/slow', `a${message}`, message);
  }
  on.send('test/quick', 'b0', 1);
  await on.play();
  expect(names()).toEqual(['test/other b0 0', 'test/slow a0 0', 'test/other b1 1']);
  expect(on.records()).toEqual(['quick 1']);
  underWay.shift()?.end();
  await on.play();
  underWay.shift()?.end();
  await on.play();
  expect(new Set(names().map((name) => name.split(' ')[0]))).toEqual(new Set(['test/slow', 'test/other']));
  expect(await endAll(on)).toBe(3);
  expect((on.records() as string[]).length).toBe(12);
});

test('an address with a long line does not keep the room of others', async () => {
  const on = stage();
  on.send('test/slow', 'hot', 0);
  await on.play();
  for (let message = 1; message < 50; message++) on.send('test/slow', 'hot', message);
  for (let message = 0; message < 5; message++) on.send('test/slow', `a${message}`, message);
  await on.play();
  expect(names()).toEqual(['test/slow hot 0', 'test/slow a0 0']);
  for (let turn = 0; turn < 20; turn++) {
    underWay.shift()?.end();
    await on.play();
  }
  const told = on.records() as string[];
  expect(told.filter((line) => line.startsWith('a'))).toEqual(['a0 0', 'a1 1', 'a2 2', 'a3 3', 'a4 4']);
  await endAll(on);
  const hot = [...told, ...(on.records() as string[])].filter((line) => line.startsWith('hot'));
  expect(hot).toEqual(Array.from({ length: 50 }, (_, message) => `hot ${message}`));
});

test('a message that comes while there is room again does not overtake those that still wait', async () => {
  const on = stage();
  on.send('test/slow', 'hot', 0);
  on.send('test/slow', 'x', 0);
  await on.play();
  for (let message = 1; message < 700; message++) on.send('test/slow', 'hot', message);
  await on.play();
  underWay.pop()?.end();
  await Promise.resolve();
  // It takes several turns to go on with so many; meanwhile another comes.
  on.engine.shards[0].doWork();
  on.send('test/slow', 'hot', 700);
  await on.play();
  await endAll(on);
  const told = on.records() as string[];
  expect(told).toEqual(['x 0', ...Array.from({ length: 701 }, (_, message) => `hot ${message}`)]);
});

test('operations given as functions begin when there is room, before further messages', async () => {
  const on = stage();
  on.send('test/starter', 'Kim', 5);
  on.send('test/starter', 'Lou', 1);
  await on.play();
  expect(names()).toEqual(['Kim 0', 'Kim 1']);
  expect(on.records()).toEqual(['Kim began 5']);
  expect(await endAll(on)).toBe(2);
  const told = on.records() as string[];
  expect(told.filter((line) => line.startsWith('Kim'))).toEqual([0, 1, 2, 3, 4].map((number) => `Kim ended ${number}`));
  expect(told.filter((line) => line.startsWith('Lou'))).toEqual(['Lou began 1', 'Lou ended 0']);
});

test('what waits for a crowded function goes to disk when it is much', async () => {
  const on = stage({ queueCountMax: 10, overflowBytesMax: 4_096, creditCount: 10_000, egressCountMax: 10_000 });
  for (let message = 0; message < 2_000; message++) on.send('test/slow', `a${message}`, message);
  await on.play();
  expect(on.engine.shards[0].backlogCount).toBe(2_000);
  expect(on.engine.shards[0].overflowBytes).toBeLessThan(8_192);
  expect(on.engine.storages[0].blocksWritten).toBeGreaterThan(10);
  expect(await endAll(on)).toBe(2);
  expect(on.records()).toEqual(Array.from({ length: 2_000 }, (_, message) => `a${message} ${message}`));
});

test.each([0, -1, 1.5, Number.NaN, '2'])('a concurrency of %s is refused', (concurrency) => {
  const definition = { type: 'test/x', concurrency: concurrency as number, invoke: () => {} };
  expect(() => defineFunction(definition)).toThrow('concurrency must be a whole number');
});

test('functions that share a bound have no more under way together, and leave all that others may have', async () => {
  underWay = [];
  const sharedBound = { concurrency: 3 };
  const remote = ['remote/*', 'test/remote'].map((type) => ({
    ...defineFunction({ type, invoke: async (ctx, n: number) => work(ctx, n) }),
    sharedBound,
  }));
  const on = new Stage([...remote, other], { asyncCountMax: 2 });
  const ids = ['a', 'b', 'c'];
  for (const id of ids) for (const type of ['remote/one', 'remote/two', 'test/remote']) on.send(type, id, 1);
  await on.play();
  expect(names()).toEqual(['remote/one a 1', 'remote/two a 1', 'test/remote a 1']);
  for (const id of ids) on.send('test/other', id, 1);
  await on.play();
  expect(names().slice(3)).toEqual(['test/other a 1', 'test/other b 1']);
  expect(await endAll(on)).toBe(5);
  expect(on.records().length).toBe(12);
  expect([on.engine.shards[0].backlogCount, on.entityCount]).toEqual([0, 0]);
});

test('calls of what runs elsewhere are counted as long as nothing else is under way', async () => {
  underWay = [];
  const elsewhere = (type: string, runsElsewhere: boolean): AnyFunction => ({
    ...defineFunction({ type, invoke: async (ctx, n: number) => work(ctx, n) }),
    sharedBound: { concurrency: 8, runsElsewhere },
  });
  const on = new Stage([elsewhere('test/remote', true), elsewhere('test/embedded', false), other, starter]);
  const { calls } = on.engine.shards[0];
  const sendAll = async (type: string, ids: readonly string[]): Promise<void> => {
    for (const id of ids) on.send(type, id, 1);
    await on.play();
  };
  await sendAll('test/remote', ['a', 'b', 'c']);
  expect([calls.count, calls.endedCount]).toEqual([3, 0]);
  for (const type of ['test/embedded', 'test/other', 'test/starter']) {
    await sendAll(type, ['x']);
    expect([type, calls.count]).toEqual([type, 0]);
    underWay.pop()?.end();
    await on.play();
    expect([type, calls.count, calls.endedCount]).toEqual([type, 3, 0]);
  }
  underWay.shift()?.end();
  await on.play();
  expect([calls.count, calls.endedCount]).toEqual([2, 1]);
  await endAll(on);
  expect([calls.count, calls.endedCount]).toEqual([0, 3]);
});
