/**
 * An engine that has nothing to do costs next to nothing, and still wakes at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { puppet } from './puppet.ts';
import { openEngine } from './puppet-engine.ts';

test('an idle engine burns no core, and wakes when asked', async () => {
  const { engine } = await openEngine({ shardCount: 2 });
  await engine.ask(puppet, 'Kim', { do: 'echo', value: 1 });
  // Compilers and collectors of the threads come to rest first.
  await sleep(500);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(2_000);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1_000 / (performance.now() - startedAt);
  expect(share).toBeLessThan(0.03);
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
