/**
 * How long a single caller waits for a commit, who sends one message at a time and has nobody beside it: the whole
 * checkpoint, with nothing to share it with.
 *
 * ```
 *   main thread            shards                     disk
 *   await engine.send ──▶ count, cut, write ──▶ sync of both changelogs ──▶ sync of the manifest ──▶ committed
 * ```
 *
 * Rival: what the disk asks for and nothing else: append a small record to a file for each shard and sync them in
 * parallel, then append one to another file and sync that. It uses `fdatasync`, like the engine, and the same disk. The
 * checksum is the number of messages that are found after a reopen, or of whole rounds of records in the files.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { type Benchmark, type Contender, type Measurement, ONE_AT_A_TIME, OURS } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { warmRun } from '../harness/warm-run.ts';
import { openSyncs } from '../rival/two-syncs.ts';
import type { Hop } from './all-to-all-topology.ts';
import { openDurableEngine } from './engine-flow.ts';
import { entityIds } from './entity-ids.ts';
import { makeBody } from './message-body.ts';
import { bodyText, randomTargets } from './random-targets.ts';

const COUNT_ONCE: Hop = { hops: 0 };
const FIRST_COUNT = 20;
const ENTITIES = 100;
const TWO_SYNCS = 'the two syncs alone';

/** Somebody who makes small things durable one after the other. */
export interface CommitSession {
  /** `number` counts on from 0. */
  commit(number: number): Promise<void>;
  /** How many commits there were, by what is on disk. */
  count(): Promise<number>;
  close(): Promise<void>;
}

export const commitAlone: Benchmark = {
  name: 'commit-alone',
  unit: 'µs',
  describe: (options) => `one send at a time, each waiting until it is committed; the median${bodyText(options)}`,
  // A body is on its way only, and not in what is written; and who asks for an interval has asked to wait for it.
  figures: ({ bytes, intervalMs }) =>
    bytes === undefined && intervalMs === undefined ? [{ rival: TWO_SYNCS, atMost: 3 }] : [],
  contenders(options) {
    const { shards, seconds, bytes, intervalMs } = options;
    const entities = entityCount(options, ENTITIES, ENTITIES);
    return [
      contender(OURS, seconds, () => openEngine({ shards, entities, bytes, intervalMs })),
      contender(TWO_SYNCS, seconds, () => openSyncs(shards)),
    ];
  },
};

type Sizes = Pick<Options, 'shards' | 'entities' | 'bytes' | 'intervalMs'>;

async function openEngine({ shards, entities, bytes, intervalMs }: Sizes): Promise<CommitSession> {
  const { module, setting } = randomTargets('all-to-all', { entities, shards, bytes, inflight: 0 });
  const session = await openDurableEngine(module, shards, setting, intervalMs);
  const ids = entityIds(entities);
  const message = bytes === undefined ? COUNT_ONCE : { ...COUNT_ONCE, body: makeBody(bytes) };
  return {
    commit: (number) => session.engine.send('bench/entity', ids[number % ids.length], message),
    async count() {
      await session.reopen();
      return await session.takeSum();
    },
    close: () => session.close(),
  };
}

function contender(name: string, seconds: number, open: () => Promise<CommitSession>): Contender {
  return {
    name,
    async measure() {
      const session = await open();
      const histogram = new LatencyHistogram();
      try {
        return await measureCommits(session, histogram, seconds);
      } finally {
        histogram.destroy();
        await session.close();
      }
    },
  };
}

async function measureCommits(
  session: CommitSession,
  histogram: LatencyHistogram,
  seconds: number,
): Promise<Measurement> {
  let total = 0;
  await warmRun(
    async (count) => {
      histogram.reset();
      const startedMs = performance.now();
      for (let index = 0; index < count; index++) {
        const sentMs = performance.now();
        await session.commit(total++);
        histogram.record((performance.now() - sentMs) * 1000);
      }
      return (performance.now() - startedMs) / 1000;
    },
    FIRST_COUNT,
    seconds,
  );
  const { p50, p99, p999 } = histogram;
  const count = await session.count();
  return {
    value: p50,
    percentiles: { p50, p99, p999 },
    distributions: [{ name: ONE_AT_A_TIME, histogram: histogram.encode() }],
    checksum: String(count),
    expected: String(total),
  };
}
