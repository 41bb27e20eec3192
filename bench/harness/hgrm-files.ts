/**
 * Latency distributions as `.hgrm` files, one for each contender and load: the text with percentiles in ever finer steps
 * that the plotters of HdrHistogram read. Values are in microseconds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeDistributions } from './distributions.ts';
import { fileNameOf } from './history.ts';
import type { BenchmarkRun } from './rounds.ts';

/** Returns the paths. */
export function writeHgrmFiles(directory: string, { benchmark, standings }: BenchmarkRun): string[] {
  mkdirSync(directory, { recursive: true });
  return standings.flatMap(({ contender, measurements }) =>
    mergeDistributions(measurements).map(({ name, text }) => {
      const path = join(directory, `${fileNameOf(`${benchmark.name} ${contender} ${name}`)}.hgrm`);
      writeFileSync(path, text);
      return path;
    }),
  );
}
