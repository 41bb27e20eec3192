/**
 * How one simulated run is set up: everything that may vary is drawn from the seed, most of it small enough to hurt, and
 * anything can be pinned from the command line.
 */
import { Prng } from '../../src/base/prng.ts';
import type { EngineSizes } from '../../src/testing/durable-setting.ts';
import { SMOKE_OPTIONS, type TreeOptions } from '../smoke/command-tree.ts';

export interface Setting extends EngineSizes {
  /** Whether the client waits until it is admitted, or sends whenever it likes. */
  readonly patient: boolean;
  readonly development: boolean;
  readonly rootCount: number;
  readonly trees: TreeOptions;
}

/** The options of the command line: what each pins, in the order in which they are told. */
export const PINS: Readonly<Record<string, (setting: Setting, value: number) => Setting>> = {
  shards: (setting, shardCount) => ({ ...setting, shardCount }),
  ring: (setting, ringCapacityBytes) => ({ ...setting, ringCapacityBytes }),
  overflow: (setting, overflowBytesMax) => ({ ...setting, overflowBytesMax }),
  mailbox: (setting, mailboxCountMax) => ({ ...setting, mailboxCountMax }),
  credit: (setting, creditCount) => ({ ...setting, creditCount }),
  batch: (setting, batchCount) => ({ ...setting, batchCount }),
  line: (setting, lineCountMax) => ({ ...setting, lineCountMax }),
  held: (setting, heldCountMax) => ({ ...setting, heldCountMax }),
  async: (setting, asyncCountMax) => ({ ...setting, asyncCountMax }),
  flood: (setting, floodCountMax) => ({ ...setting, floodCountMax }),
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
    shardCount: prng.pick([1, 2, 2, 3, 4]),
    ringCapacityBytes: prng.pick([64, 128, 256, 1024, 4096]),
    overflowBytesMax: prng.pick([0, 512, 4096, 1 << 20]),
    mailboxCountMax: prng.pick([0, 1, 4, 64, 1024]),
    creditCount: prng.pick([1, 2, 8, 64, 1024]),
    egressCountMax: prng.pick([1, 8, 1024]),
    batchCount: prng.pick([1, 2, 16, 256]),
    patient: prng.chance(0.6),
    development: prng.chance(0.5),
    rootCount: 1 + prng.below(60),
    trees: {
      ...SMOKE_OPTIONS,
      numberOfFunctionInstances: prng.pick([1, 2, 5, 20, 128]),
      commandDepth: prng.pick([2, 4, 6, 10]),
      maxCommandsPerDepth: prng.pick([3, 4]),
      asyncSendPr: prng.pick([0, 0.1, 0.5]),
      sendEgressPr: prng.pick([0.03, 0.3]),
      failPr: prng.pick([0, 0.03, 0.2]),
      askPr: prng.pick([0, 0.1, 1]),
    },
    lineCountMax: prng.pick([0, 1, 64]),
    heldCountMax: prng.pick([0, 2, 1024]),
    queueCountMax: prng.pick([0, 1, 1024]),
    asyncCountMax: prng.pick([1, 2, 5, 1024]),
    floodCountMax: prng.pick([0, 1, 4, 1024]),
  };
  return Object.entries(pins).reduce((setting, [name, value]) => PINS[name]?.(setting, value) ?? setting, drawn);
}
