/**
 * The keys of timers: their order is that of due times and then of insertion, and what is in them comes back.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashId } from '../../../src/keys/id-hash.ts';
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import {
  DUE_MS_MAX,
  dueBytes,
  dueOfStamp,
  hintKey,
  keyGroupOfTimer,
  ownerKey,
  ownerPrefix,
  stampOf,
  stampOfTimer,
  timerKey,
  tokenKey,
  tokenKeyIn,
} from '../../../src/timers/timer-layout.ts';

const dues = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: DUE_MS_MAX }));

test('stamps sort by due time, epoch and insertion', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(dues, fc.boolean()), { maxLength: 50 }), (steps) => {
      let epoch = 7;
      const made = steps.map(([due, isNextEpoch], index) => {
        epoch += isNextEpoch ? 1 : 0;
        return { due, index, stamp: stampOf(due, epoch, index) };
      });
      const byStamp = made.toSorted((one, other) => (one.stamp < other.stamp ? -1 : 1));
      expect(byStamp).toEqual(made.toSorted((one, other) => one.due - other.due || one.index - other.index));
      for (const { due, stamp } of made) {
        expect(dueOfStamp(stamp)).toBe(due);
        expect(stamp >= dueBytes(due)).toBe(true);
        expect(due === DUE_MS_MAX || stamp < dueBytes(due + 1)).toBe(true);
      }
    }),
  );
});

test('a later run, whose epochs are greater, uses no stamp again', () => {
  expect(stampOf(5, 3, 1_000) < stampOf(5, 4, 0)).toBe(true);
});

test.each(['Kim', 'ä', '\ud800', 'x'.repeat(1024)])('a timer of %j leads to its other rows', (id) => {
  const hash = hashId(id);
  const keyGroup = keyGroupOfHash(hash);
  const stamp = stampOf(123, 4, 0);
  const key = timerKey(keyGroup, stamp);
  expect([keyGroupOfTimer(key), stampOfTimer(key)]).toEqual([keyGroup, stamp]);
  expect(hintKey(keyGroup) < key).toBe(true);
  const row = ['test/sender', id, 'bell', 'test/target', 'Jo', 1, 0] as const;
  expect(ownerKey(key, row)).toBe(ownerPrefix('test/sender', hash, id) + stamp);
  expect(tokenKeyIn(keyGroup, id, 'bell')).toBe(tokenKey(hash, id, 'bell'));
});

test('no token row lies among the owner rows of a function', () => {
  const hash = hashId('Kim');
  expect(tokenKey(hash, 'Kim', 'test/sender').startsWith(ownerPrefix('test/sender', hash, 'Kim'))).toBe(false);
  expect(tokenKey(hash, 'Kim', 'a')).not.toBe(tokenKey(hash, 'Kim', 'b'));
});
