/**
 * Batches on the whole engine in one thread: what an invocation takes besides its own message is handled with it, or
 * comes back in order and alone.
 */
import { expect, test } from 'vitest';
import {
  type Context,
  defineFunction,
  type FailurePolicy,
  type StatefulFunction,
  value,
  type ValueSpec,
} from '../../../src/index.ts';
import type { BatchContext } from '../../../src/sdk/batch.ts';
import type { FunctionExtras } from '../../../src/sdk/function-extras.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import type { SingleThreadOptions } from '../../../src/testing/single-thread.ts';
import { type Gate, gate, results, Stage } from './stage.ts';

type BatchState = { readonly sum: ValueSpec<number, number | undefined> };

/** Holds each batch at its gate; `bad` messages fail their batch. */
function batching(
  options: { countMax?: number; failure?: FailurePolicy; concurrency?: number; takes?: boolean } = {},
): { fn: StatefulFunction<unknown>; batches: string[]; gates: Gate[] } {
  const batches: string[] = [];
  const gates: Gate[] = [];
  const { countMax = 1000, failure, concurrency, takes = true } = options;
  const fn = defineFunction({
    type: 'test/batching',
    state: { sum: value<number>() },
    ...(failure && { failure }),
    ...(concurrency && { concurrency }),
    invoke: async (ctx: Context<BatchState>, message: unknown) => {
      const taken = takes ? (ctx as BatchContext<BatchState>).takeWaiting(countMax) : [];
      const all = [message, ...taken.map((held) => held.message)];
      batches.push(`${ctx.self.id}: ${all.join()}`);
      const until = gate();
      gates.push(until);
      await until.promise;
      if (all.some((text) => String(text).startsWith('bad'))) throw new Error('a bad one');
      ctx.state.sum = (ctx.state.sum ?? 0) + all.length;
      for (const one of all) ctx.egress(results, one);
      for (const { caller } of taken) if (caller?.type === 'test/sender') ctx.send(caller.type, caller.id, 'back');
    },
  });
  const extras: FunctionExtras = { takesWaiting: takes };
  return { fn: { ...fn, ...extras }, batches, gates };
}

const sender = defineFunction({
  type: 'test/sender',
  invoke: (ctx, message: string) => {
    if (message === 'back') ctx.egress(results, `${ctx.self.id} was told`);
    else ctx.send('test/batching', 'Kim', message, message === 'if' ? { ifExists: true } : {});
  },
});

async function started(
  { fn, gates }: ReturnType<typeof batching>,
  options: Partial<SingleThreadOptions> = {},
): Promise<Stage> {
  const on = new Stage([fn, sender], options);
  on.send('test/batching', 'Kim', 'first');
  await on.play();
  expect(gates.length).toBe(1);
  return on;
}

/** Opens one gate after the other, until there are no more. */
async function openAll(on: Stage, { gates }: ReturnType<typeof batching>): Promise<void> {
  while (gates.length > 0) {
    gates.shift()?.open();
    await on.play();
  }
}

test.each([{ lineCountMax: 64 }, { lineCountMax: 2 }, { lineCountMax: 0 }])(
  'what waits is taken together, in order, up to a count: %j',
  async (options) => {
    const batch = batching({ countMax: 4 });
    const on = await started(batch, options);
    for (let number = 0; number < 7; number++) on.send('test/batching', 'Kim', number);
    on.send('test/batching', 'Lou', 'other');
    await on.play();
    expect(on.engine.shards[0].backlogCount).toBe(9);
    batch.gates.shift()?.open();
    await on.play();
    expect(on.engine.shards[0].backlogCount).toBe(8);
    await openAll(on, batch);
    expect(batch.batches).toEqual(['Kim: first', 'Lou: other', 'Kim: 0,1,2,3,4', 'Kim: 5,6']);
    expect(on.records()).toEqual(['first', 'other', 0, 1, 2, 3, 4, 5, 6]);
    expect(on.engine.shards[0].backlogCount).toBe(0);
    expect(on.engine.coordinator.isQuiescent).toBe(true);
  },
);

test('a long line is in order, whatever of it waits as objects and whatever as envelopes', async () => {
  const batch = batching();
  const on = await started(batch);
  const numbers = Array.from({ length: 300 }, (_, number) => number);
  const [before, bad, after] = [numbers.slice(0, 40), 'bad', numbers.slice(40)];
  for (const message of [...before, bad, ...after]) on.send('test/batching', 'Kim', message);
  await on.play();
  batch.gates.shift()?.open();
  await on.play();
  // It fails as a whole, and goes back before what has come since, as objects.
  on.send('test/batching', 'Kim', 'last');
  await openAll(on, batch);
  expect(batch.batches[1].split(',').length).toBe(301);
  expect(on.records()).toEqual(['first', ...numbers, 'last']);
  expect(on.engine.shards[0].overflowBytes).toBe(0);
});

test('every message of a batch knows who sent it', async () => {
  const batch = batching();
  const on = await started(batch);
  for (const id of ['Ann', 'Bob']) on.send('test/sender', id, `from ${id}`);
  on.send('test/batching', 'Kim', 'from outside');
  on.send('test/sender', 'Cat', 'from Cat');
  await on.play();
  await openAll(on, batch);
  const told = on.records();
  expect(batch.batches[1].split(',').length).toBe(4);
  // The first of a batch is the invocation's own, and this function answers the others only.
  expect(told.filter((record) => String(record).endsWith('told')).length).toBeGreaterThanOrEqual(2);
});

test('a batch that fails costs no attempt, and its messages are handled one by one, in order', async () => {
  const clock = new SimulatedClock();
  const batch = batching({ failure: { attempts: 2, backoff: { initialMs: 10, jitter: 0 } } });
  const on = await started(batch, { clock });
  for (const text of ['a', 'bad', 'c']) on.send('test/batching', 'Kim', text);
  await on.play();
  batch.gates.shift()?.open();
  await on.play();
  on.send('test/batching', 'Kim', 'd');
  on.send('test/batching', 'Kim', 'e');
  await on.play();
  for (let turn = 0; turn < 20; turn++) {
    await openAll(on, batch);
    clock.advance(10);
    await on.play();
  }
  expect(batch.batches).toEqual(['Kim: first', 'Kim: a,bad,c', 'Kim: a', 'Kim: bad', 'Kim: bad', 'Kim: c', 'Kim: d,e']);
  expect(on.records()).toEqual(['first', 'a', 'c', 'd', 'e']);
  expect(on.errors.map(({ code }) => code)).toEqual(['INVOCATION_FAILED']);
  expect([on.engine.shards[0].backlogCount, on.engine.coordinator.isQuiescent]).toEqual([0, true]);
});

test('a message that is only for who has state is in no batch but as the first', async () => {
  const batch = batching();
  const on = await started(batch);
  on.send('test/batching', 'Kim', 'a');
  await on.play();
  on.send('test/sender', 'Ann', 'if');
  await on.play();
  on.send('test/batching', 'Kim', 'b');
  await on.play();
  await openAll(on, batch);
  expect(batch.batches).toEqual(['Kim: first', 'Kim: a', 'Kim: if,b']);
});

test('what a flooded line has given to a batch still counts against nobody', async () => {
  const batch = batching();
  const on = await started(batch, { floodCountMax: 4 });
  for (let number = 0; number < 12; number++) on.engine.coordinator.send('test/batching', 'Kim', number);
  await on.play();
  const [shard] = on.engine.shards;
  expect([shard.backlogCount, shard.chargedCount]).toEqual([13, 1]);
  batch.gates.shift()?.open();
  await on.play();
  expect([shard.backlogCount, shard.chargedCount]).toEqual([12, 1]);
  batch.gates[0].fail(new Error('no'));
  batch.gates.shift();
  await on.play();
  expect([shard.backlogCount, shard.chargedCount]).toEqual([12, 1]);
  await openAll(on, batch);
  expect([shard.backlogCount, shard.chargedCount, on.engine.coordinator.input.flooded.count]).toEqual([0, 0, 0]);
  expect(on.records()).toEqual(['first', ...Array.from({ length: 12 }, (_, number) => number)]);
});

test('functions that do not say so take nothing', async () => {
  let refusal: unknown;
  const fn = defineFunction({
    type: 'test/plain',
    invoke: async (ctx) => {
      try {
        (ctx as BatchContext).takeWaiting(1);
      } catch (error) {
        refusal = error;
      }
    },
  });
  const on = new Stage([fn]);
  on.send('test/plain', 'Kim');
  await on.play();
  expect(String(refusal)).toContain('batches are for functions that say so');
});

test('at an address at which a thread has died messages are handled one by one', async () => {
  const batch = batching();
  const suspect = {
    functionIndex: 0,
    hash: hashId('Kim'),
    fingerprint: 0,
    deathCount: 1,
    isTried: false,
    isQuarantined: false,
  };
  const on = new Stage([batch.fn, sender], { suspects: [suspect] });
  for (const id of ['Kim', 'Lou']) for (let number = 0; number < 4; number++) on.send('test/batching', id, number);
  await on.play();
  await openAll(on, batch);
  expect(batch.batches.filter((line) => line.startsWith('Kim'))).toEqual(['Kim: 0', 'Kim: 1', 'Kim: 2', 'Kim: 3']);
  expect(batch.batches.filter((line) => line.startsWith('Lou'))).toEqual(['Lou: 0', 'Lou: 1,2,3']);
});
