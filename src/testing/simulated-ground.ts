/**
 * What a simulated durable engine stands on: a data directory on the simulated disk, and state stores that need nothing
 * but a file system.
 */
import { openStore } from '../../native-free/log-store.ts';
import type { Prng } from '../base/prng.ts';
import type { Chaos } from './chaos.ts';
import type { CutPlace } from './committed-cut.ts';
import { countingStore } from './counting-store.ts';
import type { DurableGround } from './durable-ground.ts';
import type { DurableSetting } from './durable-setting.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { SimulatedFileSystem } from './simulated-file-system.ts';
import type { Statistics } from './statistics.ts';

/** Where the data lies, and what reads it. */
export const SIMULATED_PLACE: Omit<CutPlace, 'module'> = { directory: '/data', storeName: 'native-free', openStore };

export interface GroundParts {
  readonly fileSystem: SimulatedFileSystem;
  readonly clock: SimulatedClock;
  readonly prng: Prng;
  readonly chaos: Chaos;
  readonly statistics: Statistics;
}

export function simulatedGround(setting: DurableSetting, parts: GroundParts): DurableGround {
  const { fileSystem, clock, prng, chaos, statistics } = parts;
  return {
    ...setting,
    ...SIMULATED_PLACE,
    from: undefined,
    fileSystem,
    openStore: countingStore(openStore, clock, prng, statistics),
    clock,
    keyCountMax: 100_000,
    directoryFault: () => chaos.directoryFault(),
  };
}
