/**
 * Which records are the newest of their items: against a plain search from behind, over random deltas, rounds and commits.
 */
import { expect, test } from 'vitest';
import { AssertionError } from '../../../src/base/assert.ts';
import { Prng } from '../../../src/base/prng.ts';
import { NEWEST, NewestRecords, OLDER } from '../../../src/shard/durable/newest-records.ts';
import { NO_RECORD, recordNumber } from '../../../src/state/record-number.ts';

test('a record is older once one that replaces it is committed', () => {
  const newest = new NewestRecords();
  newest.add(0, [NO_RECORD, NO_RECORD]);
  newest.add(2, [NO_RECORD, 0]);
  newest.beginRound();
  expect([newest.take(2), newest.take(2)].map((marks) => [...marks])).toEqual([
    [OLDER, NEWEST],
    [NEWEST, NEWEST],
  ]);
});

test('what a record behind the round replaces is the newest for the round, whenever that asks', () => {
  const newest = new NewestRecords();
  newest.add(0, [NO_RECORD, NO_RECORD]);
  newest.beginRound();
  newest.add(2, [0, NO_RECORD]);
  newest.add(4, [2]);
  expect([...newest.take(2)]).toEqual([NEWEST, NEWEST]);
  newest.beginRound();
  expect([...newest.take(3)]).toEqual([OLDER, NEWEST, NEWEST]);
});

test('a record may replace one of its own delta, in whatever parts that is noted', () => {
  const replaced = [NO_RECORD, 0, NO_RECORD, 1];
  for (const until of [1, 2, 3, 4]) {
    const newest = new NewestRecords();
    newest.add(0, replaced, 0, until);
    newest.add(0, replaced, until);
    newest.beginRound();
    expect([...newest.take(4)]).toEqual([OLDER, OLDER, NEWEST, NEWEST]);
  }
});

test('deltas come in order, and a round takes what is its own', () => {
  const newest = new NewestRecords();
  newest.add(0, [NO_RECORD]);
  expect(() => newest.add(2, [NO_RECORD])).toThrow(AssertionError);
  expect(() => newest.take(1)).toThrow(AssertionError);
  newest.beginRound();
  expect(() => newest.beginRound()).toThrow(AssertionError);
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
    const seen = new Set<number>();
    const expected = taken.toReversed().map(({ items }) => {
      const marks = items.toReversed().map((item) => {
        const isSeen = seen.has(item);
        seen.add(item);
        return isSeen ? OLDER : NEWEST;
      });
      return marks.toReversed();
    });
    const marks = taken.map(({ items }) => {
      if (prng.chance(0.3)) write();
      return [...newest.take(items.length)];
    });
    expect(marks).toEqual(expected.toReversed());
    // As the fold does: who has no record behind the round forgets its number.
    for (const { first, items } of taken) {
      for (const [index, item] of items.entries()) if (last.get(item) === recordNumber(first, index)) last.delete(item);
    }
  }
});
