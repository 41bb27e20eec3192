/** Who is in the same invocation for too long is reported once, and ended when it is time. */
import { expect, test } from 'vitest';
import { Watchdog } from '../../../src/engine/watchdog.ts';
import { Counters, allocateCounters } from '../../../src/metrics/counters.ts';

function stage(): { counters: Counters; said: string[]; look(nowMs: number): void } {
  const counters = new Counters(allocateCounters(3));
  const lookouts = [counters.lookout(0), counters.lookout(1)];
  const said: string[] = [];
  const dog = new Watchdog(
    { intervalMs: 50, reportMs: 100, endMs: 300 },
    {
      stuck: (shard, { functionIndex, hash }, forMs) => said.push(`${shard} in ${functionIndex}/${hash} for ${forMs}`),
      end: (shard, _sighting, forMs) => said.push(`end ${shard} at ${forMs}`),
    },
  );
  return { counters, said, look: (nowMs) => dog.look(lookouts, nowMs) };
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
  counters.publishConsumed(0, 0);
  for (let now = 2_000; now < 4_000; now += 90) look(now);
  expect(said, 'nobody is stuck between turns').toEqual([]);
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
