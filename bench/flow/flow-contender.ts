/**
 * How any contender of any flow is measured: built up, every entity touched once, warmed up, measured for the wanted
 * time, its counts added up, and taken down.
 */
import type { Contender, Measurement } from '../harness/benchmark.ts';
import { warmRun } from '../harness/warm-run.ts';
import { openTopology, type TopologySpec } from './topology.ts';

export interface FlowSetting {
  readonly topology: TopologySpec;
  /** Chains of messages under way at the same time. */
  readonly chains: number;
}

/** One contender, built up. */
export interface FlowSession {
  /** Runs all chains for so many rounds; returns how many seconds that took. */
  run(rounds: number): Promise<number>;
  /** The sum of all entities' counts, which start over at 0. Afterwards every entity is in memory. */
  takeSum(): Promise<number>;
  /** Where state is durable: closes everything and goes on from what is on disk. */
  reopen?(): Promise<void>;
  /** What its threads have allocated on their heaps since they began, if that is counted. */
  allocatedBytes?(): Promise<number>;
  close(): Promise<void>;
}

const FIRST_ROUNDS = 4;
/** Nearly all that is allocated in the last run is garbage by its end. */
const GARBAGE = 'garbage a message, bytes';

export function flowContender(
  name: string,
  setting: FlowSetting,
  seconds: number,
  open: (setting: FlowSetting) => Promise<FlowSession>,
): Contender {
  return {
    name,
    async measure() {
      const session = await open(setting);
      try {
        return await measureSession(session, setting, seconds);
      } finally {
        await session.close();
      }
    },
  };
}

async function measureSession(session: FlowSession, setting: FlowSetting, seconds: number): Promise<Measurement> {
  const messages = messageCounter(setting);
  await session.takeSum();
  let lastBytes: number | undefined;
  const runCounted = async (rounds: number): Promise<number> => {
    const before = await session.allocatedBytes?.();
    const took = await session.run(rounds);
    lastBytes = before && ((await session.allocatedBytes?.()) ?? 0) - before;
    return took;
  };
  const run = await warmRun(runCounted, FIRST_ROUNDS, seconds);
  const expected = run.works.reduce((sum, rounds) => sum + messages(rounds), 0);
  await session.reopen?.();
  const sum = await session.takeSum();
  return {
    value: messages(run.work) / run.seconds,
    ...(lastBytes === undefined ? {} : { named: { [GARBAGE]: lastBytes / messages(run.work) } }),
    checksum: String(sum),
    expected: String(expected),
  };
}

/** How many messages all chains of a setting make in so many rounds. */
export function messageCounter({ topology, chains }: FlowSetting): (rounds: number) => number {
  const opened = openTopology(topology, 0);
  return (rounds) => chains * opened.messagesPerChain(rounds);
}
