/**
 * Ping-pong: how long a message takes to another shard and back, one at a time, so that nothing is batched and both
 * threads fall asleep between any two.
 *
 * ```
 *   ┌ shard 0 ┐          ┌ last shard ┐
 *   │  ping ──┼──ring───▶│  pong      │      one ball in play; the clock is ping's
 *   │    ▲    │          │    │       │
 *   │    └────┼──ring────┼────┘       │
 *   └─────────┘          └────────────┘
 * ```
 *
 * Rival: the same between two workers over a `MessagePort`. A plain loop has no other thread to go to, and is left out.
 * The checksum is the number of balls that pong says it returned; with `--interval` the engine is durable, and pong says it
 * after a reopen, too. With `--bytes` each ball has a body, which comes back as it was.
 */
import type { Engine } from '../../src/index.ts';
import { type Benchmark, type Contender, type Measurement, ONE_AT_A_TIME, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { warmRun } from '../harness/warm-run.ts';
import { openMessageRally } from '../rival/message-rally.ts';
import { durableIn, durableText, startBareEngine } from './engine-flow.ts';
import { idOnShard } from './entity-ids.ts';
import { bodyText } from './random-targets.ts';
import type { Report } from './ping-pong-module.ts';
import type { RallyResult } from './rally.ts';

const MODULE = new URL('./ping-pong-module.ts', import.meta.url);
const FIRST_BALLS = 500;
const REPORT: Report = 'report';
const PROCESSED = { until: 'processed', timeoutMs: 600_000 } as const;

/** Two players, set up. */
export interface RallySession {
  play(balls: number): Promise<RallyResult>;
  /** Where state is durable: what pong has returned in the last rally, by what is on disk. */
  keptCount?(): Promise<number>;
  close(): Promise<void>;
}

export const pingPong: Benchmark = {
  name: 'ping-pong',
  unit: 'µs round trip',
  describe: (options) =>
    `one message to an entity on another shard and back; the median, on ping’s clock${bodyText(options)}${durableText(options)}`,
  figures: [],
  contenders: ({ shards, seconds, bytes, intervalMs }) => [
    contender(OURS, seconds, () => openEngineRally({ shards, bytes, intervalMs })),
    contender('postMessage', seconds, () => openMessageRally(bytes)),
  ],
};

function contender(name: string, seconds: number, open: () => Promise<RallySession>): Contender {
  return {
    name,
    async measure() {
      const session = await open();
      try {
        return await measureRally(session, seconds);
      } finally {
        await session.close();
      }
    },
  };
}

async function measureRally(session: RallySession, seconds: number): Promise<Measurement> {
  let last: RallyResult | undefined;
  const run = await warmRun(
    async (balls) => {
      last = await session.play(balls);
      return last.seconds;
    },
    FIRST_BALLS,
    seconds,
  );
  if (last === undefined) throw new Error('No rally was played.');
  const { p50, p99, p999, histogram, returnedCount } = last;
  const kept = await session.keptCount?.();
  return {
    value: p50,
    percentiles: { p50, p99, p999 },
    distributions: [{ name: ONE_AT_A_TIME, histogram }],
    checksum: kept === undefined ? String(returnedCount) : `${returnedCount} ${kept}`,
    expected: kept === undefined ? String(run.work) : `${run.work} ${run.work}`,
  };
}

type RallyOptions = Pick<Options, 'shards' | 'bytes' | 'intervalMs'>;

async function openEngineRally({ shards, bytes, intervalMs }: RallyOptions): Promise<RallySession> {
  const module = new URL(MODULE);
  if (bytes !== undefined) module.searchParams.set('bytes', String(bytes));
  const scratch = intervalMs === undefined ? undefined : new Scratch();
  const start = (): Promise<Engine> => startBareEngine(module, shards, durableIn(scratch, intervalMs));
  let engine = await start();
  const pingId = idOnShard('ping', 0, shards);
  const pongId = idOnShard('pong', shards - 1, shards);
  return {
    async play(balls) {
      const result = await engine.ask('bench/ping', pingId, { left: balls, pongId }, PROCESSED);
      return result as RallyResult;
    },
    ...(scratch && {
      async keptCount() {
        await engine.stop();
        engine = await start();
        return (await engine.ask('bench/pong', pongId, REPORT, PROCESSED)) as number;
      },
    }),
    async close() {
      await engine.stop();
      scratch?.remove();
    },
  };
}
