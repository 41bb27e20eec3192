/**
 * The smoke test and the cyclic storm on real threads, at a size that fits into every test run;
 * `node test/smoke/main.ts` takes more.
 */
import { describe, expect, test } from 'vitest';
import { runSmoke } from './smoke-run.ts';
import { runStorm } from './storm-run.ts';

const MESSAGE_COUNT = 20_000;
const RING_BYTES_DEFAULT = 1 << 18;

describe('command trees', () => {
  test.each(
    [1, 2, 4].flatMap((shardCount) =>
      [4_096, RING_BYTES_DEFAULT].map((ringCapacityBytes) => ({ shardCount, ringCapacityBytes })),
    ),
  )('come out as the model says on $shardCount shards with rings of $ringCapacityBytes bytes', async (options) => {
    const report = await runSmoke({ ...options, seed: options.shardCount, messageCount: MESSAGE_COUNT });
    expect(report.differences).toEqual([]);
    // Not for want of anything to compare.
    expect(report.invocationCount).toBeGreaterThan(MESSAGE_COUNT);
    expect(Math.min(report.egressCount, report.failureCount, report.answerCount)).toBeGreaterThan(100);
  });

  test('large trees, many of them async or failing, come out as the model says', async () => {
    const trees = {
      maxCommandsPerDepth: 5,
      asyncSendPr: 0.5,
      failPr: 0.1,
      replyPr: 0.3,
      numberOfFunctionInstances: 16,
    };
    const report = await runSmoke({ shardCount: 2, ringCapacityBytes: 4_096, seed: 3, messageCount: 800, trees });
    expect(report.differences).toEqual([]);
    expect(report.invocationCount).toBeGreaterThan(3_000);
  });
});

describe('command trees whose addresses are parked when they stumble', () => {
  test('come out as the model says', async () => {
    // What never succeeds would never let its address go on.
    const trees = { parks: true, failPr: 0, stumblePr: 0.05 };
    const report = await runSmoke({ shardCount: 2, ringCapacityBytes: 4_096, seed: 5, messageCount: 3_000, trees });
    expect(report.differences).toEqual([]);
    expect(report.failureCount).toBeGreaterThan(100);
  });
});

describe('a storm in which every message makes two', () => {
  test.each([1, 2, 4])(
    'ends on %i shards with rings of 4 KiB, spilling to disk, in bounded memory',
    async (shardCount) => {
      const generations = 16;
      const report = await runStorm({ generations, shardCount, ringCapacityBytes: 4_096, overflowBytes: 1 << 16 });
      expect(report).toMatchObject({ messageCount: 2 ** (generations + 1) - 1, damagedCount: 0, leftovers: [] });
      expect(report.spillFileCount).toBeGreaterThan(0);
      // Mostly what V8 takes for each thread's young generation; the messages in flight would take more by themselves.
      expect(report.memoryGrowthMiB).toBeLessThan(128 + 64 * shardCount);
    },
  );
});
