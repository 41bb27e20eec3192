/**
 * Very many dead letters of one shard: how much of them is in memory while they are listed, dropped and sent again, what
 * an order means that is repeated, and who has to wait for whom. Counted, and not timed.
 */
import { expect, test } from 'vitest';
import { defineFunction, type DeadLetter } from '../../../src/index.ts';
import { DeadLetters } from '../../../src/engine/dead-letters.ts';
import { ShardDoor } from '../../../src/engine/shard-door.ts';
import { WaitingRoom } from '../../../src/engine/waiting-room.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import { portableFilter } from '../../../src/sdk/dead-letter.ts';
import { DeadLetterRows, type DeadLetterRow, encodeMessage } from '../../../src/shard/failing/dead-letters.ts';
import type { ListPage } from '../../../src/shard/requests/dead-letter-listing.ts';
import type { DeadLetterPlace } from '../../../src/shard/requests/dead-letter-place.ts';
import { deadLetterTopics } from '../../../src/shard/requests/dead-letter-requests.ts';
import type { RequestWork } from '../../../src/shard/requests/requests.ts';
import type { Workplace } from '../../../src/shard/workplace.ts';
import { RecordWriter } from '../../../src/state/record-writer.ts';
import { groupPrefix, keyBytes, unsigned } from '../../../src/state/row.ts';
import { SECTION_DEAD_LETTER } from '../../../src/store/key-layout.ts';
import type { StateStore } from '../../../src/store/state-store.ts';
import { codec, settle } from './durable-stage.ts';
import { RowStage } from './row-stage.ts';
import { gate, Stage } from './stage.ts';

const FILTER = portableFilter({});
const GROUP = keyGroupOfHash(hashId('Kim'));
const UNSTORED_COUNT_MAX = 1 << 15;
const SLICE_COUNT = 128;
const GROUP_COUNT = 64;

/** A value as the store has it. */
function stored(value: unknown): Uint8Array {
  const writer = new RecordWriter(codec, 256);
  writer.writeRow('', value);
  return Uint8Array.from(writer.bytes.subarray(6, writer.length));
}

const row: DeadLetterRow = {
  type: 'test/first',
  id: 'Kim',
  source: null,
  message: encodeMessage({ n: 1 }),
  meta: null,
  error: { name: 'Error', message: 'no' },
  attempts: 1,
  firstFailedAt: 5,
  failedAt: 5,
};

/** A store of many dead letters in one key group, which notes how many of them it has given. */
class LetterShelf {
  readonly on = new RowStage();
  readonly place: DeadLetterPlace;
  givenCount = 0;
  /** How often the store was to be brought up to date. */
  soonCount = 0;

  constructor(count: number) {
    const { rows, store } = this.on;
    const entries = Array.from({ length: count }, (_, index) => ({
      key: keyBytes(groupPrefix(SECTION_DEAD_LETTER, GROUP) + unsigned(index, 6) + unsigned(1, 4)),
      value: stored({ ...row, failedAt: index }),
    }));
    const prefix = groupPrefix(SECTION_DEAD_LETTER, GROUP);
    store.contents.set(prefix, stored(true));
    for (const { key, value } of entries) store.contents.set(key.toString('latin1'), value);
    const scan: StateStore['scan'] = (from, before) => this.#scan(entries, from, before);
    store.scan = scan;
    this.place = {
      workplace: { rows } as unknown as Workplace,
      letters: new DeadLetterRows(rows, true, () => 0.5),
      firstGroup: 0,
      endGroup: 1024,
      mailboxCount: () => 0,
      room: () => 1,
      storeSoon: () => void this.soonCount++,
      progressed: () => {},
    };
  }

  async *#scan(
    entries: readonly { readonly key: Buffer; readonly value: Uint8Array }[],
    from: Uint8Array,
    before: Uint8Array | undefined,
  ) {
    const first = entries.findIndex(({ key }) => key.compare(from) >= 0);
    for (let at = first; first >= 0 && at < entries.length; at += GROUP_COUNT) {
      const group = entries.slice(at, at + GROUP_COUNT).filter(({ key }) => !before || key.compare(before) < 0);
      if (group.length === 0) return;
      this.givenCount += group.length;
      yield group;
    }
  }

  begin(topic: string, body: unknown, isRepeated = false): RequestWork {
    return deadLetterTopics(this.place)[`dead-letters.${topic}`](body, isRepeated);
  }
}

/** Turns until it is done or has to wait for the store; `look` looks after each slice. */
async function work(request: RequestWork, look: (count: number) => void = () => {}) {
  let count = 0;
  for (;;) {
    if (!request.hasWork && !request.isWaiting) return { count, isDone: false, value: null };
    const slice = request.work();
    count += slice?.count ?? 0;
    look(count);
    if (slice?.isDone === true) return { count, isDone: true, value: slice.value };
    await settle();
  }
}

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
