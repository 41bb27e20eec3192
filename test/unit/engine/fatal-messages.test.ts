/** Who has killed so often that it is to be kept away, and who is not. */
import { expect, test } from 'vitest';
import { FatalMessages } from '../../../src/engine/fatal-messages.ts';
import type { Sighting } from '../../../src/metrics/lookout.ts';

function at(hash: number, fingerprint: number): Sighting {
  return { functionIndex: 1, hash, fingerprint, id: undefined, turns: 0 };
}

test('the first death makes a suspect, and the message is quarantined when it has killed so often', () => {
  const fatal = new FatalMessages(3);
  expect(fatal.died(at(7, 0), 0)).toBe(false);
  expect(fatal.suspects).toMatchObject([{ hash: 7, fingerprint: 0, deathCount: 1, isQuarantined: false }]);
  expect(fatal.died(at(7, 5), 10)).toBe(false);
  expect(fatal.died(at(7, 5), 20)).toBe(true);
  expect(fatal.suspects).toEqual([{ functionIndex: 1, hash: 7, fingerprint: 5, deathCount: 3, isQuarantined: true }]);
});

test('another message to the same address counts for itself', () => {
  const fatal = new FatalMessages(3);
  for (const fingerprint of [0, 5, 6, 6]) expect(fatal.died(at(7, fingerprint), 0)).toBe(false);
  expect(fatal.died(at(7, 6), 0)).toBe(true);
  expect(fatal.suspects.map(({ fingerprint, isQuarantined }) => [fingerprint, isQuarantined])).toEqual([
    [5, false],
    [6, true],
  ]);
});

test('so do other addresses, and what was quarantined stays so', () => {
  const fatal = new FatalMessages(2);
  fatal.died(at(7, 0), 0);
  fatal.died(at(8, 0), 0);
  expect(fatal.died(at(7, 5), 0)).toBe(true);
  expect(fatal.died(at(8, 5), 0)).toBe(true);
  expect(fatal.suspects.every(({ isQuarantined }) => isQuarantined)).toBe(true);
});

test('all is forgotten after a minute without a death', () => {
  const fatal = new FatalMessages(2);
  fatal.died(at(7, 0), 0);
  expect(fatal.died(at(7, 5), 60_001)).toBe(false);
  expect(fatal.suspects).toMatchObject([{ deathCount: 1 }]);
});
