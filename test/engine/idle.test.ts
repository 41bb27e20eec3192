/**
 * An engine that has nothing to do costs next to nothing, and still wakes at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/index.ts';
import { puppet } from './puppet.ts';
import { IDLE_SHARE_MAX, openEngine, restingShare } from './puppet-engine.ts';

const ASK_COUNT = 20;
/** Of so many asks together. A shard that nobody woke would make each wait for 100 ms on average. */
const AWAKE_MS = ASK_COUNT * 20;

/** How long so many asks take of which each finds all threads asleep. */
async function asksMs(engine: Engine): Promise<number> {
  let sumMs = 0;
  for (let value = 0; value < ASK_COUNT; value++) {
    await sleep(30);
    const askedAt = performance.now();
    expect(await engine.ask(puppet, 'Kim', { do: 'echo', value })).toBe(value);
    sumMs += performance.now() - askedAt;
  }
  return sumMs;
}

test('an idle engine burns no core, and wakes when asked', async () => {
  const { engine } = await openEngine({ shardCount: 2 });
  await engine.ask(puppet, 'Kim', { do: 'echo', value: 1 });
  expect(await restingShare()).toBeLessThanOrEqual(IDLE_SHARE_MAX);
  // A crowded machine is so quick sooner or later, threads that sleep on never.
  let tookMs: number;
  do tookMs = await asksMs(engine);
  while (tookMs > AWAKE_MS);
  expect(tookMs).toBeLessThanOrEqual(AWAKE_MS);
});

test.each(['spin', 'yield', 'park'] as const)('works in idle mode %s', async (idle) => {
  const { engine } = await openEngine({ shardCount: 2, idle });
  for (let value = 0; value < 50; value++) {
    expect(
      await engine.ask(puppet, `puppet-${value}`, { do: 'sleep', ms: value % 3, after: { do: 'echo', value } }),
    ).toBe(value);
  }
});
