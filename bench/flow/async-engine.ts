/**
 * What the benchmarks of async functions have in common: the engine over their module, ids by shard, and the sum of what
 * all threads have seen.
 */
import type { Engine } from '../../src/index.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { shardOfHash } from '../../src/keys/key-group.ts';
import type { AsyncReport } from './async-module.ts';
import { startBareEngine } from './engine-flow.ts';
import { idOnShard } from './entity-ids.ts';

const MODULE = new URL('./async-module.ts', import.meta.url);
const REPORT_TIMEOUT_MS = 60_000;
/** Senders to each shard. */
const SENDER_COUNT = 2;

export const ACCEPTED = { until: 'accepted' } as const;
export const PROCESSED = { until: 'processed', timeoutMs: REPORT_TIMEOUT_MS } as const;

export async function withAsyncEngine<Result>(
  shards: number,
  work: (engine: Engine) => Promise<Result>,
): Promise<Result> {
  const engine = await startBareEngine(MODULE, shards);
  try {
    return await work(engine);
  } finally {
    await engine.stop();
  }
}

/** Of all shards together. */
export async function report(engine: Engine, message: 'report' | 'stop' = 'report'): Promise<AsyncReport> {
  const asked = Array.from({ length: engine.shardCount }, (_, shard) =>
    engine.ask('bench/reporter', idOnShard('reporter', shard, engine.shardCount), message, PROCESSED),
  );
  const reports = (await Promise.all(asked)) as AsyncReport[];
  const sum = (name: 'waitedCount' | 'hopCount'): number => reports.reduce((total, found) => total + found[name], 0);
  return { thread: 0, waitedCount: sum('waitedCount'), hopCount: sum('hopCount') };
}

export function idsOfShards(name: string, count: number, shards: number): string[][] {
  const ids = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  return Array.from({ length: shards }, (_, shard) => ids.filter((id) => shardOfHash(hashId(id), shards) === shard));
}

/**
 * Sends to `bench/waiter` as fast as it is taken, with senders of its own for each shard, so that none waits for another,
 * while `goesOn` says so for the number that is sent next. Returns how many were sent.
 */
export async function sendToWaiters(
  engine: Engine,
  ids: readonly (readonly string[])[],
  goesOn: (number: number) => boolean,
): Promise<number> {
  let sentCount = 0;
  const senders = ids.flatMap((own) =>
    Array.from({ length: SENDER_COUNT }, async (_, first) => {
      for (let index = first; goesOn(sentCount); index += SENDER_COUNT) {
        sentCount++;
        await engine.send('bench/waiter', own[index % own.length], null, ACCEPTED);
      }
    }),
  );
  await Promise.all(senders);
  return sentCount;
}
