/**
 * A shard's turn: bounded whatever the functions do (I10), credit that follows the work (I7), entities where they belong
 * (I1), and state that nobody else sees.
 */
import { expect, test } from 'vitest';
import { defineFunction, value } from '../../../src/index.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { shardOfHash } from '../../../src/keys/key-group.ts';
import { SimulatedClock } from '../../../src/testing/single-thread.ts';
import { gate, results, Stage } from './stage.ts';

const endless = defineFunction({
  type: 'test/endless',
  invoke(ctx, message: string) {
    for (let copy = 0; copy < 3; copy++) ctx.send(endless, `${ctx.self.id}`, message);
  },
});

const sink = defineFunction({ type: 'test/sink', invoke: (ctx, message) => ctx.egress(results, message) });

test('an entity that floods itself keeps nobody from the shard', () => {
  const on = new Stage([endless, sink], { mailboxCountMax: 64, overflowBytesMax: 4_096 });
  on.send('test/endless', 'flood', 'x');
  for (let turn = 0; turn < 50; turn++) for (const thread of [1, 0]) on.engine.turn(thread);
  on.send('test/sink', 'Kim', 'heard');
  for (let turn = 0; turn < 3; turn++) for (const thread of [1, 0]) on.engine.turn(thread);
  on.engine.turn(1);
  expect(on.records()).toEqual(['heard']);
  // A turn takes a bounded number of messages, and each makes three.
  expect(on.engine.shards[0]?.backlogCount).toBeLessThan(53 * 256 * 2 + 1);
  expect(on.engine.shards[0]?.overflowBytes).toBeLessThanOrEqual(4_096 + 2 * 1_024);
});

test('another shard that sleeps gets messages before the turn ends that sent them, one that is awake after it', async () => {
  const shardCount = 2;
  const idOf = (shard: number): string =>
    Array.from({ length: 64 }, (_, index) => `id-${index}`).find((id) => shardOfHash(hashId(id), 2) === shard) ?? '';
  let seenAfter: number | undefined;
  let count = 0;
  const there = defineFunction({ type: 'test/there', invoke() {} });
  const here = defineFunction({
    type: 'test/here',
    invoke(ctx) {
      ctx.send(there, idOf(1), count++);
      if (on.engine.shards[1]?.hasWork === true) seenAfter ??= count;
    },
  });
  const on = new Stage([here, there], { shardCount });
  const turn = (): void => {
    [seenAfter, count] = [undefined, 0];
    for (let number = 0; number < 100; number++) on.send('test/here', idOf(0), number);
    on.engine.turn(shardCount);
    on.engine.turn(0);
    expect([count, on.engine.shards[1]?.hasWork]).toEqual([100, true]);
  };
  turn();
  expect(seenAfter).toBeUndefined();
  await on.play();
  on.engine.meshes[1]?.ownDoorbell.declareParked();
  turn();
  expect(seenAfter).toBeLessThan(90);
});

test('credit stops while work waits in the shard, and comes back when it is done', async () => {
  const until = gate();
  const slow = defineFunction({ type: 'test/slow', invoke: () => until.promise });
  const on = new Stage([slow], { creditCount: 5 });
  for (let number = 0; number < 12; number++) on.send('test/slow', 'Kim', number);
  await on.play();
  const { coordinator, shards, meshes } = on.engine;
  expect([meshes[1]?.counters.credit(0), shards[0]?.backlogCount]).toEqual([5, 5]);
  const admission = coordinator.input.ask();
  expect(admission).toBeInstanceOf(Promise);
  until.open();
  await on.play();
  await admission;
  expect([meshes[1]?.counters.credit(0), shards[0]?.backlogCount, coordinator.input.ask()]).toEqual([17, 0, undefined]);
});

test('entities live where their id belongs, those of one id together, and share no state', async () => {
  const specs = { kept: value<string>() };
  const [one, two] = ['test/one', 'test/two'].map((type) =>
    defineFunction({
      type,
      state: specs,
      invoke(ctx, message: string) {
        ctx.state.kept = `${ctx.state.kept ?? ''}${message} `;
      },
    }),
  );
  const on = new Stage([one as never, two as never], { shardCount: 4 });
  const ids = Array.from({ length: 40 }, (_, index) => `id-${index}`);
  for (const id of ids) for (const type of ['test/one', 'test/two', 'test/one']) on.send(type, id, type);
  await on.play();
  const found = on.engine.shards.flatMap((shard, number) =>
    [...shard.entities.values()].map(({ id, functionIndex, cell0 }) => ({ id, functionIndex, cell0, number })),
  );
  const expected = ids.flatMap((id) => {
    const number = shardOfHash(hashId(id), 4);
    return [
      { id, functionIndex: 0, cell0: 'test/one test/one ', number },
      { id, functionIndex: 1, cell0: 'test/two ', number },
    ];
  });
  const sorted = (items: typeof found): typeof found =>
    items.toSorted((a, b) => a.id.localeCompare(b.id) || a.functionIndex - b.functionIndex);
  expect(sorted(found)).toEqual(sorted(expected));
});

test('initial values are shared, and frozen in every mode', async () => {
  const initial = { list: [1] };
  const seen: unknown[] = [];
  const fn = defineFunction({
    type: 'test/initial',
    state: { kept: value({ initial }) },
    invoke(ctx) {
      seen.push(ctx.state.kept);
      expect(() => (ctx.state.kept as typeof initial).list.push(2)).toThrow(TypeError);
    },
  });
  const on = new Stage([fn], { development: false });
  for (const id of ['Kim', 'Lee']) on.send('test/initial', id, 0);
  await on.play();
  expect(on.errors).toEqual([]);
  expect(seen).toEqual([{ list: [1] }, { list: [1] }]);
  expect(seen[0]).toBe(seen[1]);
});

test('time is that of the clock', async () => {
  const clock = new SimulatedClock(1_000);
  const fn = defineFunction({
    type: 'test/time',
    invoke: async (ctx) => {
      const before = ctx.now();
      await clock.sleep(250);
      ctx.egress(results, [before, ctx.now()]);
    },
  });
  const on = new Stage([fn], { clock });
  on.send('test/time', 'Kim', 0);
  await on.engine.runUntilQuiescent(clock);
  expect([on.records(), clock.now(), clock.sleeperCount]).toEqual([[[1_000, 1_250]], 1_250, 0]);
});

test('chance is what the shard was given', async () => {
  let hasBegun = false;
  const fn = defineFunction({
    type: 'test/chance',
    invoke: (ctx) => ctx.egress(results, [ctx.random(), ctx.random()]),
  });
  const draws = [0.25, 0.75];
  // The shard itself draws, too, when it is made.
  const on = new Stage([fn], { random: () => (hasBegun ? (draws.shift() ?? 1) : 0.5) });
  hasBegun = true;
  on.send('test/chance', 'Kim', 0);
  await on.play();
  expect(on.records()).toEqual([[0.25, 0.75]]);
});

test('an entity that was written is marked for the checkpoint, one that was only read is not', async () => {
  const fn = defineFunction({
    type: 'test/dirty',
    state: { kept: value<number>() },
    invoke(ctx, write: boolean) {
      if (write) ctx.state.kept = 1;
    },
  });
  const on = new Stage([fn]);
  on.send('test/dirty', 'Kim', true);
  await on.play();
  const [entity] = on.engine.shards[0]?.entities.values() ?? [];
  expect(entity?.dirtyEpoch).toBe(0);
  (entity as { dirtyEpoch: number }).dirtyEpoch = 0;
  on.send('test/dirty', 'Kim', false);
  await on.play();
  expect(entity?.dirtyEpoch).toBe(0);
});
