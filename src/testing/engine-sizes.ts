/**
 * How small an engine is that a simulation runs, with a disk or without: drawn from the seed, and most of it small enough
 * to hurt.
 */
import type { Prng } from '../base/prng.ts';

export interface EngineSizes {
  readonly shardCount: number;
  readonly ringCapacityBytes: number;
  readonly overflowBytesMax: number;
  readonly mailboxCountMax: number;
  readonly creditCount: number;
  readonly lineCountMax: number;
  readonly heldCountMax: number;
  readonly queueCountMax: number;
  readonly asyncCountMax: number;
  readonly floodCountMax: number;
  readonly egressCountMax: number;
  readonly batchCount: number;
}

export function drawEngineSizes(prng: Prng): EngineSizes {
  return {
    shardCount: prng.pick([1, 2, 2, 3]),
    ringCapacityBytes: prng.pick([64, 128, 256, 1024, 4096]),
    overflowBytesMax: prng.pick([0, 512, 4096, 1 << 20]),
    mailboxCountMax: prng.pick([0, 1, 4, 64, 1024]),
    creditCount: prng.pick([1, 2, 8, 64, 1024]),
    egressCountMax: prng.pick([1, 8, 1024]),
    batchCount: prng.pick([1, 2, 16, 256]),
    lineCountMax: prng.pick([0, 1, 64]),
    heldCountMax: prng.pick([0, 2, 1024]),
    queueCountMax: prng.pick([0, 1, 1024]),
    asyncCountMax: prng.pick([1, 2, 5, 1024]),
    floodCountMax: prng.pick([0, 1, 4, 1024]),
  };
}
