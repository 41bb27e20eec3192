/**
 * Pairs of rows as numbers: found by either key and by their key group while they wait, however many there are; and a
 * number is used again when nobody names it, and not before.
 */
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { NO_PAIR, type Pair } from '../../../src/state/pair-layout.ts';
import { groupPrefix } from '../../../src/state/row.ts';
import { RowPairs } from '../../../src/state/row-pairs.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../../../src/store/key-layout.ts';

const GROUPS = [0, 5, 1_023] as const;
const STEPS = 60_000;

interface Known {
  readonly pair: Pair;
  readonly keyGroup: number;
  readonly first: string;
  readonly second: string;
}

/** Numbers that count, as those of timers do. */
function tail(count: number): string {
  return String.fromCharCode(0, (count >>> 16) & 0xff, (count >>> 8) & 0xff, count & 0xff);
}

function add(pairs: RowPairs, keyGroup: number, count: number, value: unknown = count): Known {
  // Of some the first keys differ in their middle only.
  const end = `${count % 3} ${tail(count >>> 1)}`;
  const first = `${groupPrefix(SECTION_TIMER, keyGroup)}${count} ${end}`;
  const second = `${groupPrefix(SECTION_TIMER_OF, keyGroup)}of Kim, ${count} ${end}`;
  const pair = pairs.add(Buffer.from(first, 'latin1'), Buffer.from(`${second}...`, 'latin1'), second.length, value);
  return { pair, keyGroup, first, second };
}

/** All that wait in a key group; they wait no more. */
function drain(pairs: RowPairs, keyGroup: number): Pair[] {
  const found: Pair[] = [];
  for (let pair = pairs.firstOf(keyGroup); pair !== NO_PAIR; pair = pairs.firstOf(keyGroup)) {
    found.push(pair);
    pairs.leave(pair);
  }
  return found;
}

test('each is found by both of its keys, and nobody else is, through growth and decline', () => {
  const prng = new Prng(11);
  const pairs = new RowPairs();
  const known: Known[] = [];
  let wrongCount = 0;
  for (let step = 0; step < STEPS; step++) {
    if (prng.chance(step < STEPS / 2 ? 0.8 : 0.3) || known.length === 0) {
      known.push(add(pairs, prng.pick(GROUPS), step));
    } else {
      const at = prng.below(known.length);
      const [{ pair, first, second }] = known.splice(at, 1, known[known.length - 1]);
      known.pop();
      if (pairs.find(first) !== pair || pairs.find(second) !== pair) wrongCount++;
      if (pairs.keyGroup(pair) !== first.charCodeAt(0) * 256 + first.charCodeAt(1)) wrongCount++;
      pairs.leave(pair);
      pairs.letGo(pair);
      if (pairs.find(first) !== NO_PAIR || pairs.find(second) !== NO_PAIR) wrongCount++;
    }
  }
  for (const { pair, first, second } of known) {
    if (pairs.find(first) !== pair || pairs.find(second) !== pair || pairs.firstKey(pair) !== first) wrongCount++;
  }
  expect([wrongCount, known.length > 4_096, pairs.waitingCount]).toEqual([0, true, known.length]);
  for (const keyGroup of GROUPS) {
    const expected = known.filter((one) => one.keyGroup === keyGroup).map(({ pair }) => pair);
    expect(drain(pairs, keyGroup).toSorted((one, other) => one - other)).toEqual(
      expected.toSorted((one, other) => one - other),
    );
  }
  expect(pairs.waitingCount).toBe(0);
});

test('a number is used again only when it is not held, does not wait and is not mentioned', () => {
  const pairs = new RowPairs();
  const { pair } = add(pairs, 5, 1);
  const isUsedAgain = (): boolean => {
    const other = add(pairs, 5, 2).pair;
    pairs.leave(other);
    pairs.letGo(other);
    return other === pair;
  };
  pairs.mention(pair);
  pairs.leave(pair);
  pairs.mention(pair);
  pairs.unmention(pair);
  expect(isUsedAgain()).toBe(false);
  pairs.letGo(pair);
  expect(isUsedAgain()).toBe(false);
  pairs.unmention(pair);
  expect(isUsedAgain()).toBe(true);
});

test('what is parted keeps its rows as long as somebody names it, and is found no more', () => {
  const pairs = new RowPairs();
  const { pair, first, second } = add(pairs, 5, 1, { text: 'x'.repeat(3_000) });
  pairs.setEpoch(pair, -7);
  pairs.setFoldMark(pair, 3);
  pairs.setMayBeStored(pair);
  pairs.setNote(pair, -9);
  const rows = pairs.part(pair);
  expect(rows.map(({ key, value }) => [key, value])).toEqual([
    [first, { text: 'x'.repeat(3_000) }],
    [second, true],
  ]);
  expect(rows.map(({ dirtyEpoch, foldMark, mayBeStored }) => [dirtyEpoch, foldMark, mayBeStored])).toEqual([
    [-7, 3, true],
    [-7, 3, true],
  ]);
  expect([pairs.find(first), pairs.firstOf(5), pairs.waitingCount]).toEqual([NO_PAIR, NO_PAIR, 0]);
  expect([pairs.parted(pair), pairs.firstKey(pair), pairs.note(pair)]).toEqual([rows, first, -9]);
  pairs.letGo(pair);
  const next = add(pairs, 5, 2).pair;
  expect([next, pairs.parted(next), pairs.note(next)]).toEqual([pair, undefined, 0]);
});

test('memory is given back when there are none', () => {
  const pairs = new RowPairs();
  const all = Array.from({ length: 20_000 }, (_, count) => add(pairs, 5, count).pair);
  const before = pairs.byteLength;
  for (const pair of all) {
    pairs.leave(pair);
    pairs.letGo(pair);
  }
  expect(pairs.byteLength).toBeLessThan(before / 4);
  expect(pairs.find(add(pairs, 5, 1).first)).toBe(0);
});
