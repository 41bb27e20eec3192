/**
 * Which records are the newest of their items: against a plain search from behind, over random deltas, rounds and commits.
 */
import { expect, test } from 'vitest';
import { AssertionError } from '../../../src/base/assert.ts';
import { Prng } from '../../../src/base/prng.ts';
import { NEWEST, NewestRecords, OLDER } from '../../../src/shard/durable/newest-records.ts';
import { NO_RECORD, recordNumber } from '../../../src/state/record-number.ts';

function marksOf(newest: NewestRecords, first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => newest.mark(recordNumber(first, index)));
}

test('a record is older once one that replaces it is committed', () => {
  const newest = new NewestRecords();
  newest.add(0, [NO_RECORD, NO_RECORD]);
  newest.add(2, [NO_RECORD, 0]);
  newest.beginRound();
  expect(marksOf(newest, 0, 4)).toEqual([OLDER, NEWEST, NEWEST, NEWEST]);
  expect([newest.hasNewest(0, 1), newest.hasNewest(0, 2)]).toEqual([false, true]);
  expect([newest.olderCount(0, 4), newest.olderCount(1, 3)]).toEqual([1, 0]);
});

test('what comes behind a round takes the place of what the round has not done yet', () => {
  const newest = new NewestRecords();
  newest.add(0, [NO_RECORD, NO_RECORD]);
  newest.beginRound();
  newest.add(2, [0, NO_RECORD]);
  expect(marksOf(newest, 0, 2)).toEqual([OLDER, NEWEST]);
  newest.dropBefore(2);
  // Who still remembers a record that is done with changes nothing.
  newest.add(4, [1, 2]);
  newest.beginRound();
  expect(marksOf(newest, 2, 4)).toEqual([OLDER, NEWEST, NEWEST, NEWEST]);
});

test('a record may replace one of its own delta, in whatever parts that is noted', () => {
  const replaced = [NO_RECORD, 0, NO_RECORD, 1];
  for (const until of [1, 2, 3, 4]) {
    const newest = new NewestRecords();
    newest.add(0, replaced, 0, until);
    newest.add(0, replaced, until);
    newest.beginRound();
    expect(marksOf(newest, 0, 4)).toEqual([OLDER, OLDER, NEWEST, NEWEST]);
  }
});

test('deltas come in order, and a round is done with what is its own', () => {
  const newest = new NewestRecords();
  newest.add(0, [NO_RECORD]);
  expect(() => newest.add(2, [NO_RECORD])).toThrow(AssertionError);
  expect(() => newest.dropBefore(1)).toThrow(AssertionError);
  newest.beginRound();
  expect(() => newest.beginRound()).toThrow(AssertionError);
});

test('marks of many parts are looked through, and dropped', () => {
  const newest = new NewestRecords();
  const count = 200_000;
  newest.add(0, new Array<number>(count).fill(NO_RECORD));
  newest.add(
    count,
    Array.from({ length: count - 1 }, (_, index) => index),
  );
  newest.beginRound();
  expect([newest.hasNewest(0, count - 1), newest.hasNewest(0, count)]).toEqual([false, true]);
  expect([newest.olderCount(10, 70_000), newest.olderCount(10, count)]).toEqual([70_000, count - 11]);
  newest.dropBefore(count - 1);
  expect(newest.mark(count - 1)).toBe(NEWEST);
  newest.dropBefore(2 * count - 1);
  newest.beginRound();
  newest.add(2 * count - 1, [count - 1, 2 * count - 2]);
  expect(marksOf(newest, 2 * count - 1, 2)).toEqual([NEWEST, NEWEST]);
});

/** A delta of random items, as the shard writes it: some come twice, since they were encoded ahead. */
interface Delta {
  readonly first: number;
  readonly items: readonly number[];
  readonly replaced: readonly number[];
}

test.each([1, 2, 3, 4])('it says what a search from behind finds (seed %i)', (seed) => {
  const prng = new Prng(seed);
  const newest = new NewestRecords();
  const itemCount = prng.pick([3, 50, 5_000]);
  const last = new Map<number, number>();
  let end = 0;
  let open: Delta[] = [];
  const write = (): void => {
    const drawn = Array.from({ length: prng.below(prng.pick([4, 3_000])) }, () => prng.below(itemCount));
    const items = prng.chance(0.5) ? drawn : [...new Set(drawn)];
    const replaced = items.map((item, index) => {
      const replacedNumber = last.get(item) ?? NO_RECORD;
      last.set(item, recordNumber(end, index));
      return replacedNumber;
    });
    const delta = { first: end, items, replaced };
    end = recordNumber(end, items.length);
    newest.add(delta.first, delta.replaced);
    open.push(delta);
  };
  for (let round = 0; round < 30; round++) {
    for (let count = prng.below(12); count >= 0; count--) write();
    const taken = open;
    open = [];
    newest.beginRound();
    const isAsked = (): number[][] => taken.map(({ first, items }) => marksOf(newest, first, items.length));
    for (let more = prng.below(3); more > 0; more--) write();
    const seen = new Set<number>();
    const expected = [...taken, ...open].toReversed().map(({ items }) => {
      const marks = items.toReversed().map((item) => {
        const isSeen = seen.has(item);
        seen.add(item);
        return isSeen ? OLDER : NEWEST;
      });
      return marks.toReversed();
    });
    expect(isAsked()).toEqual(expected.toReversed().slice(0, taken.length));
    const end = taken.at(-1);
    if (end !== undefined) newest.dropBefore(recordNumber(end.first, end.items.length));
    // As the fold does: who has no record behind the round forgets its number.
    for (const { first, items } of taken) {
      for (const [index, item] of items.entries()) if (last.get(item) === recordNumber(first, index)) last.delete(item);
    }
  }
});
