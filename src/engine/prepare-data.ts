/**
 * Opens a data directory and brings it into the shape that the engine is to start in: filled from a savepoint, if it is
 * to be, and written for the right number of shards. Whoever holds the directory's lock calls it, before any shard runs.
 * What fills and rewrites it is asked for when there is something to fill or to rewrite.
 */
import { DataDirectory, type DataDirectoryOptions } from './data-directory.ts';
import type { DataRewriting } from './data-rewriting.ts';
import { refuseHalfImport } from './half-import.ts';
import { type ProgressListener, ProgressReport } from './savepoint-progress.ts';

export interface DataPreparation {
  readonly shardCount: number;
  /** The directory of a savepoint. */
  readonly from: string | undefined;
  readonly onProgress: ProgressListener | undefined;
  /** Asked for only when something has to be written. */
  readonly rewriting: () => Promise<DataRewriting>;
}

export async function prepareData(options: DataDirectoryOptions, preparation: DataPreparation): Promise<DataDirectory> {
  const { shardCount, from } = preparation;
  if (from !== undefined) await importInto(options, from, preparation);
  const data = await DataDirectory.open(options);
  try {
    await refuseHalfImport(data);
    if (needsReshard(data, shardCount)) {
      await reporting('reshard', preparation, async (report) => {
        const rewriting = await preparation.rewriting();
        await rewriting.reshard(data, shardCount, report);
      });
    }
    data.removeOtherGenerations();
    await data.makeShardDirectories(shardCount);
    return data;
  } catch (error) {
    data.close();
    throw error;
  }
}

/** Whether the data was written by another number of shards. */
function needsReshard({ last }: DataDirectory, shardCount: number): boolean {
  return last !== undefined && last.shards.length !== shardCount;
}

async function importInto(options: DataDirectoryOptions, from: string, preparation: DataPreparation): Promise<void> {
  const data = await DataDirectory.open(options);
  try {
    await reporting('import', preparation, async (report) => {
      const rewriting = await preparation.rewriting();
      await rewriting.importSavepoint(data, from, preparation.shardCount, report);
    });
  } finally {
    data.close();
  }
}

async function reporting(
  phase: 'import' | 'reshard',
  { onProgress }: DataPreparation,
  work: (report: ProgressReport) => Promise<void>,
): Promise<void> {
  const report = new ProgressReport(phase, onProgress);
  try {
    await work(report);
  } finally {
    report.end();
  }
}
