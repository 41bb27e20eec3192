/** Who is in the same invocation for too long is reported once, and ended when it is time. */
import { expect, test } from 'vitest';
import { Watchdog } from '../../../src/engine/watchdog.ts';
import { Counters, allocateCounters } from '../../../src/metrics/counters.ts';

interface On {
  readonly counters: Counters;
  readonly said: string[];
  look(nowMs: number): void;
  /** The threads run JavaScript, or sleep. */
  answer(): Promise<void>;
}

function stage(): On {
  let answer = (): void => {};
  const counters = new Counters(allocateCounters(3));
  const lookouts = [counters.lookout(0), counters.lookout(1)];
  const said: string[] = [];
  const dog = new Watchdog(
    { intervalMs: 50, reportMs: 100, endMs: 300 },
    {
      stuck: (shard, sighting, forMs) =>
        said.push(`${shard} in ${sighting && `${sighting.functionIndex}/${sighting.hash}`} for ${forMs}`),
      answered: () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        answer = resolve;
        return promise;
      },
      end: (shard, _sighting, forMs) => said.push(`end ${shard} at ${forMs}`),
    },
  );
  const look = (nowMs: number): void => dog.look(lookouts, nowMs);
  return { counters, said, look, answer: async () => answer() };
}

test('one that stays in an invocation', () => {
  const { counters, said, look } = stage();
  counters.lookout(1).enter(4, -9);
  for (let now = 0; now <= 300; now += 50) look(now);
  expect(said).toEqual(['1 in 4/-9 for 100', 'end 1 at 300']);
});

test('time in which nobody could look does not count: the whole process stood still', () => {
  const { counters, said, look } = stage();
  counters.lookout(1).enter(4, -9);
  look(0);
  look(10_000);
  expect(said).toEqual(['1 in 4/-9 for 100']);
  counters.publishConsumed(1, 1);
  look(10_050);
  counters.lookout(1).enter(4, -9);
  look(10_100);
  look(10_150);
  expect(said).toHaveLength(1);
});

test('one that goes on: with another invocation, or another turn, or none', () => {
  const { counters, said, look } = stage();
  const lookout = counters.lookout(0);
  for (let now = 0; now < 2_000; now += 90) {
    if (now % 4 === 0) lookout.enter(1, now);
    else if (now % 4 === 2) {
      counters.publishConsumed(0, now);
      lookout.enter(1, now - 90);
    } else counters.publishConsumed(0, now);
    look(now);
  }
  expect(said).toEqual([]);
});

/** Both go on, but for one of them that does not. */
function lookAll(on: On, fromMs: number, toMs: number, isGoing: (shard: number) => boolean): void {
  for (let now = fromMs; now < toMs; now += 50) {
    for (const shard of [0, 1]) if (isGoing(shard)) on.counters.publishConsumed(shard, 0);
    on.look(now);
  }
}

test('one that has no next turn, when it answers that it runs: not one that sleeps or goes on', async () => {
  const on = stage();
  lookAll(on, 0, 500, () => true);
  lookAll(on, 500, 650, (shard) => shard === 1);
  expect(on.said).toEqual([]);
  lookAll(on, 650, 1_000, (shard) => shard === 0);
  expect(on.said, 'it has not answered').toEqual([]);
  await on.answer();
  lookAll(on, 1_000, 1_100, (shard) => shard === 0);
  expect(on.said).toEqual(['1 in undefined for 350', 'end 1 at 350']);
});

test('not one that has collected garbage for long, and goes on soon after it has answered', async () => {
  const on = stage();
  lookAll(on, 0, 2_000, (shard) => shard === 0);
  await on.answer();
  lookAll(on, 2_000, 2_050, (shard) => shard === 0);
  lookAll(on, 2_050, 4_000, () => true);
  expect(on.said).toEqual([]);
});

test('one that never answers, in the end', () => {
  const on = stage();
  lookAll(on, 0, 10_100, (shard) => shard === 0);
  expect(on.said).toEqual([]);
  lookAll(on, 10_100, 10_400, (shard) => shard === 0);
  expect(on.said[0]).toMatch(/^1 in undefined for 10/);
});

test('what is under way is read by others as it begins and ends', () => {
  const { counters } = stage();
  const { underWay } = counters.lookout(1);
  const seen = (): unknown[] => counters.lookout(1).underWay.list();
  const first = underWay.add(0, -7, 0);
  underWay.add(3, 8, 9);
  expect(seen()).toEqual([
    { functionIndex: 0, hash: -7, fingerprint: 0 },
    { functionIndex: 3, hash: 8, fingerprint: 9 },
  ]);
  underWay.remove(first);
  expect(underWay.fingerprintAt(underWay.add(4, 1, 2))).toBe(2);
  expect(seen()).toEqual([
    { functionIndex: 4, hash: 1, fingerprint: 2 },
    { functionIndex: 3, hash: 8, fingerprint: 9 },
  ]);
  expect(
    [0, 2].flatMap((thread) => counters.lookout(thread).underWay.list()),
    'of other threads',
  ).toEqual([]);
});

test('when more is under way than there is room to note, it is counted', () => {
  const { underWay } = stage().counters.lookout(0);
  const slots = Array.from({ length: 1_030 }, (_, hash) => underWay.add(1, hash, 0));
  expect([underWay.list().length, underWay.count]).toEqual([1_024, 1_030]);
  for (const slot of slots) underWay.remove(slot);
  expect([underWay.list(), underWay.count]).toEqual([[], 0]);
});

test('what a thread leaves behind is read again', () => {
  const { counters } = stage();
  const lookout = counters.lookout(1);
  expect(lookout.read()).toBeUndefined();
  lookout.enter(0, 77);
  expect(lookout.read()).toEqual({ functionIndex: 0, hash: 77, fingerprint: 0, id: undefined, turns: 0 });
  lookout.mark(-5, 'K\u00efm \u{1f40e}');
  expect(lookout.read()).toMatchObject({ fingerprint: -5, id: 'K\u00efm \u{1f40e}' });
  lookout.mark(6, 'x'.repeat(1_000));
  expect(lookout.read()?.id).toBe('x'.repeat(108));
  lookout.unmark();
  expect(lookout.read()).toMatchObject({ fingerprint: 0, id: undefined });
  expect(counters.lookout(0).read(), 'of another thread').toBeUndefined();
  counters.publishConsumed(1, 1);
  expect(lookout.read()).toBeUndefined();
});
