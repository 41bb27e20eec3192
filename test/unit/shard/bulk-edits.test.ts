/**
 * Very many dead letters of one shard that a program edits, all the way from its filter to the rows: how many of them are
 * in memory on either side, counted at every step.
 */
import { expect, test } from 'vitest';
import { DeadLetters } from '../../../src/engine/dead-letters.ts';
import type { ShardDoor } from '../../../src/engine/shard-door.ts';
import { messageOf } from '../../../src/shard/failing/dead-letters.ts';
import type { EditBody } from '../../../src/shard/requests/dead-letter-edits.ts';
import type { ListPage } from '../../../src/shard/requests/dead-letter-listing.ts';
import { LetterShelf, UNSTORED_COUNT_MAX, work } from './letter-shelf.ts';

const SLICE_COUNT = 128;
const PAGE_COUNT = 1_024;
const BATCH_COUNT = 1_024;

/** The door to the only shard, whose requests are carried out here; it sees all that comes and goes. */
class ShelfDoor implements Pick<ShardDoor, 'ask' | 'now' | 'shardCount'> {
  readonly shardCount = 1;
  readonly shelf: LetterShelf;
  /** Letters that the program's side was given, and edits that have come from there. */
  listedCount = 0;
  orderedCount = 0;
  batchMax = 0;
  /** Rows of the shard that are in memory. */
  rowsMax = 0;
  foldCount = 0;

  constructor(shelf: LetterShelf) {
    this.shelf = shelf;
  }

  now(): number {
    return Number.MAX_SAFE_INTEGER - 1;
  }

  async ask(_shard: number, topic: string, body: unknown): Promise<{ count: number; value: unknown }> {
    const { edits = [] } = body as Partial<EditBody>;
    this.orderedCount += edits.length;
    this.batchMax = Math.max(this.batchMax, edits.length);
    const request = this.shelf.begin(topic.slice('dead-letters.'.length), body);
    const look = (): void => void (this.rowsMax = Math.max(this.rowsMax, this.shelf.on.rows.size));
    let all = 0;
    for (;;) {
      const { count, isDone, value } = await work(request, look);
      all += count;
      if (isDone) {
        this.listedCount += (value as Partial<ListPage> | null)?.count ?? 0;
        return { count: all, value };
      }
      await this.#fold();
    }
  }

  async #fold(): Promise<void> {
    this.foldCount++;
    this.shelf.on.checkpoint();
    await this.shelf.on.foldAll();
  }
}

test('of those that are edited, a few pages are with the program, and no more rows in the shard than the store is told of', async () => {
  const count = 2 * UNSTORED_COUNT_MAX + 5_000;
  const door = new ShelfDoor(new LetterShelf(count));
  const { shelf } = door;
  let changedCount = 0;
  let aheadMax = 0;
  let unorderedMax = 0;
  const outcome = await new DeadLetters(door as unknown as ShardDoor).edit({}, ({ message }) => {
    aheadMax = Math.max(aheadMax, door.listedCount - changedCount);
    unorderedMax = Math.max(unorderedMax, changedCount - door.orderedCount);
    changedCount++;
    return { edited: message };
  });
  expect([outcome, changedCount, door.orderedCount]).toEqual([{ count, left: 0 }, count, count]);
  // The page that is looked at, and the next one.
  expect(aheadMax).toBeLessThanOrEqual(2 * PAGE_COUNT);
  expect(unorderedMax).toBeLessThan(BATCH_COUNT);
  expect(door.batchMax).toBe(BATCH_COUNT);
  expect(door.rowsMax).toBeLessThan(UNSTORED_COUNT_MAX + SLICE_COUNT);
  expect([door.foldCount, shelf.soonCount]).toEqual([2, 2]);

  // Nothing was left out, and what was told of is in the store.
  shelf.on.checkpoint();
  await shelf.on.foldAll();
  expect(shelf.on.rows.size).toBe(0);
  let wrongCount = 0;
  for (const key of shelf.keys) {
    const row = shelf.place.letters.get(key);
    if (JSON.stringify(row && messageOf(row)) !== '{"edited":{"n":1}}') wrongCount++;
  }
  expect(wrongCount).toBe(0);
});
