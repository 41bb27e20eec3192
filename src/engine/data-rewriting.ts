/**
 * What writes a data directory anew before an engine starts on it: fills it from a savepoint, or carries it over to
 * another number of shards. Few starts need either, so `prepareData` asks for all of this only when one does. Whoever
 * turns an engine step by step has it at hand instead: loading takes time that no simulated clock knows of.
 */
import type { DataDirectory } from './data-directory.ts';
import { importSavepoint } from './import-savepoint.ts';
import { reshard } from './reshard.ts';
import type { StoreGround } from './reshard-generation.ts';
import type { ProgressReport } from './savepoint-progress.ts';

export interface DataRewriting {
  importSavepoint(data: DataDirectory, from: string, shardCount: number, report: ProgressReport): Promise<void>;
  reshard(data: DataDirectory, shardCount: number, report: ProgressReport): Promise<void>;
}

/** With stores that are opened like this. */
export function dataRewriting(ground: StoreGround): DataRewriting {
  return {
    importSavepoint: (data, from, shardCount, report) => importSavepoint(data, from, ground, shardCount, report),
    reshard: (data, shardCount, report) => reshard(data, ground, shardCount, report),
  };
}
