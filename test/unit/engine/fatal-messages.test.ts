/** Who has killed so often that it is to be kept away, and who is not. */
import { expect, test } from 'vitest';
import { FatalMessages } from '../../../src/engine/fatal-messages.ts';
import { ShardDeaths } from '../../../src/engine/shard-deaths.ts';
import type { Remains } from '../../../src/metrics/lookout.ts';

function at(hash: number, fingerprint: number): Remains {
  return { sighting: { functionIndex: 1, hash, fingerprint, id: undefined, turns: 0 }, involved: [] };
}

/** Between turns, with these under way. */
function among(...addresses: [hash: number, fingerprint: number][]): Remains {
  const involved = addresses.map(([hash, fingerprint]) => ({ functionIndex: 1, hash, fingerprint }));
  return { sighting: undefined, involved };
}

function counts(fatal: FatalMessages): [number, number][] {
  return fatal.suspects.map(({ hash, deathCount }) => [hash, deathCount]);
}

test('the first death makes a suspect, and the message is quarantined when it has killed so often', () => {
  const fatal = new FatalMessages(3);
  expect(fatal.died(at(7, 0), 0)).toBe(false);
  expect(fatal.suspects).toMatchObject([{ hash: 7, fingerprint: 0, deathCount: 1, isQuarantined: false }]);
  expect(fatal.died(at(7, 5), 10)).toBe(false);
  expect(fatal.died(at(7, 5), 20)).toBe(true);
  expect(fatal.suspects).toEqual([
    { functionIndex: 1, hash: 7, fingerprint: 5, deathCount: 3, isTried: false, isQuarantined: true },
  ]);
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

test('between turns all that is under way is suspect, and who dies alone in the end is quarantined', () => {
  const fatal = new FatalMessages(3);
  expect(fatal.died(among([7, 0], [8, 0], [9, 0]), 0)).toBe(false);
  expect(fatal.suspects.every(({ isTried }) => isTried)).toBe(true);
  expect(fatal.died(among([8, 5], [9, 6]), 0)).toBe(false);
  expect(fatal.died(among([8, 5], [9, 6]), 0), 'one of two is not known').toBe(false);
  expect(counts(fatal)).toEqual([
    [7, 1],
    [8, 3],
    [9, 3],
  ]);
  expect(fatal.died(among([9, 6]), 0)).toBe(true);
  expect(fatal.suspects.filter(({ isQuarantined }) => isQuarantined)).toMatchObject([{ hash: 9, fingerprint: 6 }]);
});

test('a death of nobody is nobody’s, and one in an invocation does not follow from one between turns', () => {
  const fatal = new FatalMessages(2);
  expect(fatal.died(among(), 0)).toBe(false);
  expect(fatal.suspects).toEqual([]);
  fatal.died(among([7, 0]), 0);
  expect(fatal.died(at(7, 5), 0)).toBe(false);
  expect(fatal.died(among([7, 6]), 0)).toBe(true);
  expect(fatal.died(at(7, 5), 0)).toBe(true);
});

test('whoever is ended only after a minute and a half has not run well for a minute', () => {
  const deaths = new ShardDeaths(5, 3, 90_000);
  const quarantined = [0, 5, 5].map((fingerprint, life) => {
    const stuck = Object.assign(new Error('stuck'), { code: 'SHARD_STUCK' });
    return deaths.failed({}, stuck, at(7, fingerprint), life * 100_000);
  });
  expect(quarantined).toEqual([false, false, true]);
  expect([0, 1, 2, 3, 4, 5].map((life) => deaths.attempts.next(life * 100_000)).at(-1)).toBe(undefined);
});
