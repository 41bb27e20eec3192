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
 * The checksum is the number of balls that pong says it returned.
 */
import { type Benchmark, type Contender, type Measurement, ONE_AT_A_TIME, OURS } from '../harness/benchmark.ts';
import { warmRun } from '../harness/warm-run.ts';
import { openMessageRally } from '../rival/message-rally.ts';
import { startBareEngine } from './engine-flow.ts';
import { idOnShard } from './entity-ids.ts';
import type { RallyResult } from './rally.ts';

const MODULE = new URL('./ping-pong-module.ts', import.meta.url);
const FIRST_BALLS = 500;
const TIMEOUT_MS = 600_000;

/** Two players, set up. */
export interface RallySession {
  play(balls: number): Promise<RallyResult>;
  close(): Promise<void>;
}

export const pingPong: Benchmark = {
  name: 'ping-pong',
  unit: 'µs round trip',
  describe: () => 'one message to an entity on another shard and back; the median, on ping’s clock',
  figures: [],
  contenders: ({ shards, seconds }) => [
    contender(OURS, seconds, () => openEngineRally(shards)),
    contender('postMessage', seconds, openMessageRally),
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
  return {
    value: p50,
    percentiles: { p50, p99, p999 },
    distributions: [{ name: ONE_AT_A_TIME, histogram }],
    checksum: String(returnedCount),
    expected: String(run.work),
  };
}

async function openEngineRally(shards: number): Promise<RallySession> {
  const engine = await startBareEngine(MODULE, shards);
  const pingId = idOnShard('ping', 0, shards);
  const pongId = idOnShard('pong', shards - 1, shards);
  return {
    async play(balls) {
      const result = await engine.ask('bench/ping', pingId, { left: balls, pongId }, { timeoutMs: TIMEOUT_MS });
      return result as RallyResult;
    },
    close: () => engine.stop(),
  };
}
