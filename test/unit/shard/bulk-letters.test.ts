/**
 * Very many dead letters of one shard: how much of them is in memory while they are listed, dropped and sent again, what
 * an order means that is repeated, and who has to wait for whom. Counted, and not timed.
 */
import { expect, test } from 'vitest';
import { defineFunction, type DeadLetter } from '../../../src/index.ts';
import { DeadLetters } from '../../../src/engine/dead-letters.ts';
import { ShardDoor } from '../../../src/engine/shard-door.ts';
import { WaitingRoom } from '../../../src/engine/waiting-room.ts';
import { portableFilter } from '../../../src/sdk/dead-letter.ts';
import { encodeMessage } from '../../../src/shard/failing/dead-letters.ts';
import type { ListPage } from '../../../src/shard/requests/dead-letter-listing.ts';
import { settle } from './durable-stage.ts';
import { GROUP_COUNT, LetterShelf, UNSTORED_COUNT_MAX, work } from './letter-shelf.ts';
import { gate, Stage } from './stage.ts';

const FILTER = portableFilter({});
const SLICE_COUNT = 128;

test('of those that are dropped, no more are in memory than the store is told of together', async () => {
  const count = 2 * UNSTORED_COUNT_MAX + 5_000;
  const shelf = new LetterShelf(count);
  const { on } = shelf;
  const drop = shelf.begin('drop', { filter: FILTER, repeatTo: 0 });
  let handledCount = 0;
  let rowsMax = 0;
  let aheadMax = 0;
  for (let round = 1; ; round++) {
    const handledBefore = handledCount;
    const part = await work(drop, (now) => {
      rowsMax = Math.max(rowsMax, on.rows.size);
      aheadMax = Math.max(aheadMax, shelf.givenCount - handledBefore - now);
    });
    handledCount += part.count;
    if (part.isDone) break;
    expect([shelf.soonCount, drop.work()]).toEqual([round, undefined]);
    on.checkpoint();
    expect(drop.hasWork).toBe(false);
    await on.foldAll();
    expect([drop.hasWork, on.rows.size]).toEqual([true, 0]);
  }
  expect([handledCount, shelf.soonCount]).toEqual([count, 2]);
  expect(rowsMax).toBeLessThan(UNSTORED_COUNT_MAX + SLICE_COUNT);
  expect(aheadMax).toBeLessThanOrEqual(3 * GROUP_COUNT);
}, 120_000);

test('a page ends where it is full, and little is read that is not on it', async () => {
  const count = 5_000;
  const shelf = new LetterShelf(count);
  let after: string | null = '';
  let listedCount = 0;
  while (after !== null) {
    const givenBefore = shelf.givenCount;
    const { value } = await work(shelf.begin('list', { filter: FILTER, after, countMax: 300 }));
    const page = value as ListPage;
    listedCount += page.count;
    after = page.after;
    expect(page.count).toBeLessThanOrEqual(300);
    expect(shelf.givenCount - givenBefore - page.count).toBeLessThanOrEqual(3 * GROUP_COUNT);
  }
  expect(listedCount).toBe(count);
});

test('what was changed or went after it was read is seen as it is now, also when a round has ended since', async () => {
  for (const isFolded of [false, true]) {
    const shelf = new LetterShelf(3);
    const [, second, third] = [...shelf.on.store.contents.keys()].filter((key) => key.length > 3);
    const list = shelf.begin('list', { filter: FILTER, after: '', countMax: 10 });
    list.work();
    await settle();
    shelf.place.letters.remove(second);
    shelf.place.letters.edit(third, encodeMessage('edited'));
    if (isFolded) {
      shelf.on.checkpoint();
      await shelf.on.foldAll();
    }
    const { value } = await work(list);
    const { records, count } = value as ListPage;
    expect([count, Buffer.from(records).includes('edited')]).toEqual([2, true]);
  }
});

test('an order that is repeated does not mean what has failed since it was given', async () => {
  for (const [isRepeated, left] of [
    [false, 0],
    [true, 4],
  ] as const) {
    const shelf = new LetterShelf(10);
    const { count } = await work(shelf.begin('drop', { filter: FILTER, repeatTo: 6 }, isRepeated));
    expect(count).toBe(10 - left);
  }
});

test('what is sent again waits among the dead letters, and not in flight, while its function is flooded', async () => {
  const open = gate();
  let isHealed = false;
  const done: unknown[] = [];
  const slow = defineFunction({
    type: 'test/slow',
    invoke: async (_ctx, message) => {
      if (!isHealed) throw new Error('not yet');
      await open.promise;
      done.push(message);
    },
  });
  const quick = defineFunction({ type: 'test/quick', invoke: (_ctx, message) => void done.push(message) });
  const stage = new Stage([slow, quick]);
  const { coordinator } = stage.engine;
  const door = new ShardDoor(coordinator.requests, new WaitingRoom(), {
    checkRunning() {},
    flush: () => coordinator.flush(),
    now: () => 0,
  });
  const letters = new DeadLetters(door);
  const all = async (): Promise<DeadLetter[]> => {
    const found: DeadLetter[] = [];
    const listed = (async () => {
      for await (const letter of letters.list()) found.push(letter);
      return true;
    })();
    while ((await Promise.race([listed, stage.play().then(() => false)])) === false);
    return found;
  };
  const count = 3_000;
  for (let n = 0; n < count; n++) {
    stage.send('test/slow', 'hot', n);
    if (n % 500 === 0) await stage.play();
  }
  await stage.play();
  expect(await all()).toHaveLength(count);
  isHealed = true;
  const redriven = letters.redrive({});
  await stage.play();
  const leftCount = (await all()).length;
  // The flood limit, and what the mailbox held when it was reached.
  expect(count - leftCount).toBeLessThan(2_500);
  expect(leftCount).toBeGreaterThan(0);
  // Others are not held up.
  stage.send('test/quick', 'other', 'quick');
  await stage.play();
  expect(done).toEqual(['quick']);
  open.open();
  await stage.play();
  expect(await redriven).toEqual({ count, left: 0 });
  await stage.play();
  expect(done.slice(1)).toEqual(Array.from({ length: count }, (_, n) => n));
});
