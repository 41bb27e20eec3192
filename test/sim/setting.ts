/**
 * How one simulated run is set up: everything that may vary is drawn from the seed, most of it small enough to hurt, and
 * anything can be pinned from the command line.
 */
import { Prng } from '../../src/base/prng.ts';
import { drawEngineSizes, type EngineSizes } from '../../src/testing/engine-sizes.ts';
import { type TreeOptions, WHOLE_OPTIONS } from '../smoke/tree-options.ts';

export interface Setting extends EngineSizes {
  /** Whether the client waits until it is admitted, or sends whenever it likes. */
  readonly patient: boolean;
  readonly development: boolean;
  readonly rootCount: number;
  readonly trees: TreeOptions;
}

/** The options of the command line that pin a size of the engine, with a disk or without. */
export const SIZE_PINS: Readonly<Record<string, keyof EngineSizes>> = {
  shards: 'shardCount',
  ring: 'ringCapacityBytes',
  overflow: 'overflowBytesMax',
  mailbox: 'mailboxCountMax',
  credit: 'creditCount',
  line: 'lineCountMax',
  held: 'heldCountMax',
  queue: 'queueCountMax',
  async: 'asyncCountMax',
  flood: 'floodCountMax',
  batch: 'batchCount',
};

/** Those for the trees of commands, which run in memory. */
export const TREE_PINS: Readonly<Record<string, (setting: Setting, value: number) => Setting>> = {
  roots: (setting, rootCount) => ({ ...setting, rootCount }),
  instances: (setting, numberOfFunctionInstances) => ({
    ...setting,
    trees: { ...setting.trees, numberOfFunctionInstances },
  }),
  depth: (setting, commandDepth) => ({ ...setting, trees: { ...setting.trees, commandDepth } }),
};

export function settingOf(seed: number, pins: Readonly<Record<string, number>> = {}): Setting {
  const prng = new Prng(seed);
  const drawn: Setting = {
    ...drawEngineSizes(prng),
    patient: prng.chance(0.6),
    development: prng.chance(0.5),
    rootCount: 1 + prng.below(45),
    trees: {
      ...WHOLE_OPTIONS,
      numberOfFunctionInstances: prng.pick([1, 2, 5, 20, 128]),
      commandDepth: prng.pick([2, 4, 6, 10]),
      maxCommandsPerDepth: prng.pick([3, 4]),
      asyncSendPr: prng.pick([0, 0.1, 0.5]),
      sendEgressPr: prng.pick([0.03, 0.3]),
      failPr: prng.pick([0, 0.03, 0.2]),
      askPr: prng.pick([0, 0.1, 1]),
      ...drawWhole(prng),
    },
  };
  return Object.entries(pins).reduce((setting, [name, value]) => {
    const size = SIZE_PINS[name];
    if (size !== undefined) return { ...setting, [size]: value };
    return TREE_PINS[name]?.(setting, value) ?? setting;
  }, drawn);
}

/** How much the trees go beyond what StateFun's smoke test does. */
export function drawWhole(prng: Prng): Partial<TreeOptions> {
  return {
    sendAfterPr: prng.pick([0, 0, 0.2, 0.6]),
    tablePr: prng.pick([0, 0.2, 0.8]),
    listPr: prng.pick([0, 0.2, 0.8]),
    walkPr: prng.pick([0, 0.1]),
    fadePr: prng.pick([0, 0.2]),
    operationPr: prng.pick([0, 0.2, 0.8]),
    schedulePr: prng.pick([0, 0, 0.02, 0.1]),
    throwAwayPr: prng.pick([0, 0.05, 0.2]),
    tallyPr: prng.pick([0, 0.2]),
    knockPr: prng.pick([0, 0.1]),
    ghostPr: prng.pick([0, 0.1]),
    strayPr: prng.pick([0, 0, 0.15]),
    misfitPr: prng.pick([0, 0, 0.15]),
    tracedPr: prng.pick([0, 0.5]),
    stumblePr: prng.pick([0, 0.05, 0.2]),
    attempts: prng.pick([1, 1, 2, 3]),
    isPatient: true,
    // Whoever is parked with what never succeeds would never go on.
    ...(prng.chance(0.25) ? { parks: true, failPr: 0, stumblePr: prng.pick([0.3, 1]) } : {}),
  };
}
