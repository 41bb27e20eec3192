/**
 * What the benchmarks of async functions have in common: the engine over their module, ids by shard, and the sum of what
 * all threads have seen.
 */
import type { Engine } from '../../src/index.ts';
import type { Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { shardOfHash } from '../../src/keys/key-group.ts';
import type { AsyncReport } from './async-module.ts';
import { durableIn, startBareEngine } from './engine-flow.ts';
import { idOnShard } from './entity-ids.ts';
import { makeBody } from './message-body.ts';

const MODULE = new URL('./async-module.ts', import.meta.url);
const REPORT_TIMEOUT_MS = 60_000;
/** Senders to each shard. */
const SENDER_COUNT = 2;

export const ACCEPTED = { until: 'accepted' } as const;
export const PROCESSED = { until: 'processed', timeoutMs: REPORT_TIMEOUT_MS } as const;

/** What is asked for: bodies of messages, and a data directory with a checkpoint that often, unless undefined. */
export type AsyncSetting = Pick<Options, 'shards'> & Partial<Pick<Options, 'bytes' | 'intervalMs'>>;

export interface AsyncSession {
  engine: Engine;
  /** Stops the engine and starts it again on the same data. */
  reopen(): Promise<void>;
}

export async function withAsyncEngine<Result>(
  { shards, bytes, intervalMs }: AsyncSetting,
  work: (session: AsyncSession) => Promise<Result>,
): Promise<Result> {
  const scratch = intervalMs === undefined ? undefined : new Scratch();
  const module = new URL(MODULE);
  if (bytes !== undefined) module.searchParams.set('bytes', String(bytes));
  if (scratch !== undefined) module.searchParams.set('durable', 'yes');
  const start = (): Promise<Engine> => startBareEngine(module, shards, durableIn(scratch, intervalMs));
  const session: AsyncSession = {
    engine: await start(),
    async reopen() {
      await session.engine.stop();
      session.engine = await start();
    },
  };
  try {
    return await work(session);
  } finally {
    await session.engine.stop();
    scratch?.remove();
  }
}

/** What these entities have counted in their state. Those that wait do so only in a durable engine, others in any. */
export async function keptCount(
  engine: Engine,
  type: 'bench/waiter' | 'bench/slow' | 'bench/runner' | 'bench/echo',
  ids: readonly (readonly string[])[],
): Promise<number> {
  const counts = await Promise.all(ids.flat().map((id) => engine.ask(type, id, 'report', PROCESSED)));
  return counts.reduce((sum: number, count) => sum + Number(count), 0);
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
  bytes?: number,
): Promise<number> {
  let sentCount = 0;
  const body = bytes === undefined ? null : makeBody(bytes);
  const senders = ids.flatMap((own) =>
    Array.from({ length: SENDER_COUNT }, async (_, first) => {
      for (let index = first; goesOn(sentCount); index += SENDER_COUNT) {
        sentCount++;
        await engine.send('bench/waiter', own[index % own.length], body, ACCEPTED);
      }
    }),
  );
  await Promise.all(senders);
  return sentCount;
}
