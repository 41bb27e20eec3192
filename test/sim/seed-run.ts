/**
 * One seed of the simulation, whatever it stands for: every fourth runs in memory, the others with a disk. The command
 * line, the tests and a message that says how to run it again all come here.
 */
import { Statistics } from '../../src/testing/statistics.ts';
import type { DurablePins, DurableSetting } from '../../src/testing/durable-setting.ts';
import { simulateDurable, WORKLOADS } from './durable-simulation.ts';
import { SIZE_PINS, TREE_PINS } from './setting.ts';
import { simulate } from './simulation.ts';

export type SeedPins = Readonly<Record<string, number>>;

/** The options of the command line for runs with a disk, and what they pin. Some are told alike for runs in memory. */
const DURABLE_PINS: Readonly<Record<string, keyof DurableSetting>> = {
  ...SIZE_PINS,
  min: 'minIntervalMs',
  max: 'maxIntervalMs',
  segment: 'segmentBytes',
  spares: 'spareCountMax',
  padding: 'paddingBytes',
  fold: 'foldBytes',
  index: 'indexBytesMin',
  scan: 'scanBytesMax',
  memory: 'memoryBytes',
  cache: 'cacheBytes',
  size: 'size',
  window: 'window',
  crashes: 'crashCount',
  kills: 'killCount',
  failures: 'shardFailureCount',
  faults: 'faultCount',
  full: 'fullCount',
  savepoints: 'savepointCount',
  reshards: 'reshardCount',
  cuts: 'cutInterval',
  share: 'foldShare',
  fatal: 'fatalCount',
  ahead: 'aheadCountMin',
  syncs: 'syncsAhead',
  manifest: 'manifestBytesMin',
  journal: 'journalSegmentBytes',
};

/** `--workload`: 0 runs in memory, then come those with a disk. */
export const SEED_OPTIONS: readonly string[] = [
  ...new Set(['workload', ...Object.keys(TREE_PINS), ...Object.keys(DURABLE_PINS)]),
];

export interface SeedOutcome {
  readonly hash: string;
  readonly statistics: Statistics;
}

/** Runs it; what fails says how to run it again. */
export async function runSeed(seed: number, pins: SeedPins = {}): Promise<SeedOutcome> {
  try {
    return await (isInMemory(seed, pins) ? runInMemory(seed, pins) : simulateDurable(seed, durablePins(pins)));
  } catch (cause) {
    throw new Error(`${replayLine(seed, pins)}: ${String(cause)}`, { cause });
  }
}

export function replayLine(seed: number, pins: SeedPins): string {
  const pinned = Object.entries(pins).map(([name, value]) => ` --${name} ${value}`);
  return `npm run sim -- --seed ${seed}${pinned.join('')}`;
}

function isInMemory(seed: number, { workload }: SeedPins): boolean {
  return workload === undefined ? seed % (WORKLOADS.length + 1) === 0 : workload === 0;
}

async function runInMemory(seed: number, pins: SeedPins): Promise<SeedOutcome> {
  const { hash, stepCount, spilledBlockCount } = await simulate(seed, pins);
  return { hash, statistics: Object.assign(new Statistics(), { steps: stepCount, spilledBlocks: spilledBlockCount }) };
}

function durablePins({ workload, ...pins }: SeedPins): DurablePins {
  const named = Object.entries(pins).flatMap(([name, value]) => {
    const key = DURABLE_PINS[name];
    return key === undefined ? [] : [[key, value] as const];
  });
  return { ...Object.fromEntries(named), ...(workload === undefined ? {} : { workload: workload - 1 }) };
}
