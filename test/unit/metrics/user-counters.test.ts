/**
 * What functions count for themselves: by name, within bounds.
 */
import { describe, expect, test } from 'vitest';
import { COUNTER_NAMES_MAX, UserCounters } from '../../../src/metrics/user-counters.ts';

test('amounts add up by function and name, down to below nothing', () => {
  const counters = new UserCounters();
  counters.add(3, 'sold', 2);
  counters.add(3, 'sold', -5);
  counters.add(3, 'seen', 1);
  counters.add(0, 'sold', 7);
  expect([0, 1, 3].map((index) => counters.of(index))).toEqual([{ sold: 7 }, {}, { sold: -3, seen: 1 }]);
});

test('any text is a name, also one that objects have of their own', () => {
  const counters = new UserCounters();
  for (const name of ['constructor', '__proto__', 'toString']) counters.add(0, name, 1);
  expect(Object.entries(counters.of(0))).toEqual([
    ['constructor', 1],
    ['__proto__', 1],
    ['toString', 1],
  ]);
});

test('names are bounded, and those that are there go on', () => {
  const counters = new UserCounters();
  for (let number = 0; number < COUNTER_NAMES_MAX; number++) counters.add(0, `name ${number}`, 1);
  expect(() => counters.add(0, 'one more', 1)).toThrow(/"one more" is one counter too many/);
  counters.add(0, 'name 0', 1);
  counters.add(1, 'one more', 1);
  expect(counters.of(0)['name 0']).toBe(2);
});

describe('refused', () => {
  test.each<[unknown, unknown, RegExp]>([
    ['', 1, /name is ""/],
    [undefined, 1, /name is undefined/],
    ['x'.repeat(256), 1, /1 to 255 characters/],
    ['sold', 0.5, /amount is 0.5; allowed is a whole number/],
    ['sold', '1', /amount is "1"/],
    ['sold', Number.NaN, /amount is NaN/],
  ])('a count of %o by %o', (name, amount, message) => {
    const counters = new UserCounters();
    expect(() => counters.add(0, name as string, amount as number)).toThrow(message);
    expect(counters.of(0)).toEqual({});
  });
});
