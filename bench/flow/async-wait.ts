/**
 * An async function that waits 1 ms in each invocation, over 10,000 addresses, with 64 under way at a time in each shard:
 * how many it ends in a second.
 *
 * ```
 *   main thread ── sends, as fast as they are taken ──▶ ┌ shard ───────────────────────────┐
 *                                                       │ queue ─▶ 64 × await sleep(1 ms)  │
 *                                                       └──────────────────────────────────┘
 * ```
 *
 * The ideal is what the concurrency allows, and Node's timers: they fire late, so 64 under way do not end 64,000 a
 * second. So the rival is threads in which 64 loops do nothing but `await sleep(1)`. The checksum is how many ended.
 */
import { type Benchmark, OURS } from '../harness/benchmark.ts';
import { warmRun } from '../harness/warm-run.ts';
import { timerLoops } from '../rival/timer-loop.ts';
import { idsOfShards, report, sendToWaiters, withAsyncEngine } from './async-engine.ts';
import { CONCURRENCY, WAIT_MS } from './async-module.ts';

const ADDRESSES = 10_000;
const FIRST_MESSAGES = 500;
const IDEAL = 'bare timers';

export const asyncWait: Benchmark = {
  name: 'async-wait',
  unit: 'invocations/s',
  describe: ({ shards }) =>
    `${WAIT_MS} ms of waiting in each invocation, ${ADDRESSES.toLocaleString('en-US')} addresses, ${CONCURRENCY} at a time in each of ${shards} shard(s)`,
  figures: [{ rival: IDEAL, atLeast: 0.9 }],
  contenders: ({ shards, seconds }) => [
    {
      name: OURS,
      measure: () =>
        withAsyncEngine(shards, async (engine) => {
          const ids = idsOfShards('waiter', ADDRESSES, shards);
          const {
            work,
            seconds: took,
            works,
          } = await warmRun(
            async (count) => {
              const startedAt = performance.now();
              await sendToWaiters(engine, ids, (number) => number < count);
              await engine.drained();
              return (performance.now() - startedAt) / 1000;
            },
            FIRST_MESSAGES,
            seconds,
          );
          const { waitedCount } = await report(engine);
          const expected = works.reduce((sum, count) => sum + count, 0);
          return { value: work / took, checksum: String(waitedCount), expected: String(expected) };
        }),
    },
    {
      name: IDEAL,
      async measure() {
        const counts = await timerLoops(shards, { seconds, concurrency: CONCURRENCY, waitMs: WAIT_MS });
        const count = counts.reduce((sum, each) => sum + each, 0);
        return { value: count / seconds, checksum: String(count), expected: String(count) };
      },
    },
  ],
};
