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
 * second. So the rival is threads in which 64 loops do nothing but `await sleep(1)`. The checksum is how many ended; with
 * `--interval` all is durable, and how many the entities have counted after a reopen as well.
 */
import { type Benchmark, type Measurement, OURS } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { warmRun } from '../harness/warm-run.ts';
import { timerLoops } from '../rival/timer-loop.ts';
import { type AsyncSession, idsOfShards, keptCount, report, sendToWaiters, withAsyncEngine } from './async-engine.ts';
import { CONCURRENCY, WAIT_MS } from './async-module.ts';
import { durableText } from './engine-flow.ts';
import { bodyText } from './random-targets.ts';

const ADDRESSES = 10_000;
const FIRST_MESSAGES = 500;
const IDEAL = 'bare timers';

export const asyncWait: Benchmark = {
  name: 'async-wait',
  unit: 'invocations/s',
  describe: (options) =>
    `${WAIT_MS} ms of waiting in each invocation, ${addressesOf(options).toLocaleString('en-US')} addresses, ${CONCURRENCY} at a time in each of ${options.shards} shard(s)${bodyText(options)}${durableText(options)}`,
  // A timer has no message and no disk.
  figures: ({ bytes, intervalMs }) =>
    bytes === undefined && intervalMs === undefined ? [{ rival: IDEAL, atLeast: 0.9 }] : [],
  contenders: (options) => {
    const { shards, bytes, intervalMs } = options;
    const ids = idsOfShards('waiter', addressesOf(options), shards).filter(({ length }) => length > 0);
    return [
      {
        name: OURS,
        measure: () => withAsyncEngine({ shards, bytes, intervalMs }, (session) => measure(session, ids, options)),
      },
      { name: IDEAL, measure: () => measureTimers(options) },
    ];
  },
};

function addressesOf(options: Options): number {
  return entityCount(options, ADDRESSES, ADDRESSES);
}

async function measure(
  session: AsyncSession,
  ids: readonly (readonly string[])[],
  { seconds, bytes, intervalMs }: Options,
): Promise<Measurement> {
  const run = await warmRun(
    async (count) => {
      const startedAt = performance.now();
      await sendToWaiters(session.engine, ids, (number) => number < count, bytes);
      await session.engine.drained();
      return (performance.now() - startedAt) / 1000;
    },
    FIRST_MESSAGES,
    seconds,
  );
  const { waitedCount } = await report(session.engine);
  const expected = run.works.reduce((sum, count) => sum + count, 0);
  const value = run.work / run.seconds;
  if (intervalMs === undefined) return { value, checksum: String(waitedCount), expected: String(expected) };
  await session.reopen();
  const kept = await keptCount(session.engine, 'bench/waiter', ids);
  return { value, checksum: `${waitedCount} ${kept}`, expected: `${expected} ${expected}` };
}

async function measureTimers({ shards, seconds }: Options): Promise<Measurement> {
  const counts = await timerLoops(shards, { seconds, concurrency: CONCURRENCY, waitMs: WAIT_MS });
  const count = counts.reduce((sum, each) => sum + each, 0);
  return { value: count / seconds, checksum: String(count), expected: String(count) };
}
