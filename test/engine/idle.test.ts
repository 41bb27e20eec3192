/**
 * An engine that has nothing to do costs next to nothing, and still wakes at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { puppet } from './puppet.ts';
import { openEngine } from './puppet-engine.ts';

/** An idle process uses less than this share of one core: 1 %. Measured were 0.4 %. */
const IDLE_SHARE_MAX = 0.01;
/** The quietest of so many counts: what else happens in a process, or to it on a crowded machine, only adds. */
const WINDOW_COUNT_MAX = 8;

/** The share of one core that this process uses in a window of time. */
async function cpuShare(windowMs: number): Promise<number> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(windowMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - startedAt);
}

test('an idle engine burns no core, and wakes when asked', async () => {
  const { engine } = await openEngine({ shardCount: 2 });
  await engine.ask(puppet, 'Kim', { do: 'echo', value: 1 });
  // Compilers and collectors of the threads come to rest first.
  await sleep(500);
  const shares: number[] = [];
  do shares.push(await cpuShare(1_000));
  while (Math.min(...shares) >= IDLE_SHARE_MAX && shares.length < WINDOW_COUNT_MAX);
  expect(Math.min(...shares), `shares of a core: ${shares.join(', ')}`).toBeLessThan(IDLE_SHARE_MAX);
  const askedAt = performance.now();
  expect(await engine.ask(puppet, 'Kim', { do: 'echo', value: 2 })).toBe(2);
  // Far below any of the times for which threads sleep.
  expect(performance.now() - askedAt).toBeLessThan(100);
});

test.each(['spin', 'yield', 'park'] as const)('works in idle mode %s', async (idle) => {
  const { engine } = await openEngine({ shardCount: 2, idle });
  for (let value = 0; value < 50; value++) {
    expect(
      await engine.ask(puppet, `puppet-${value}`, { do: 'sleep', ms: value % 3, after: { do: 'echo', value } }),
    ).toBe(value);
  }
});
