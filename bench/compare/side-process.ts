/**
 * One turn of one side of a comparison, in a process of its own: loads the catalogue of the working copy that it is told,
 * old or new, measures our contender of one benchmark once, and answers with the measurement. It asks of the other copy
 * no more than the shape of `Benchmark`, and options that it does not know are of no concern to it.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Benchmark, Measurement } from '../harness/benchmark.ts';
import { Heed, type SizeFlag } from '../harness/heed.ts';
import type { Options } from '../harness/options.ts';

export interface SideTask {
  /** The working copy. */
  readonly root: string;
  readonly benchmark: string;
  readonly options: Options;
  /** Of these it is said which have no effect. Only for this copy: others have other ways to read options. */
  readonly sizesGiven: readonly SizeFlag[];
}

export type SideReport = { readonly progress: string } | { readonly measurement: Measurement };

process.on('disconnect', () => process.exit(0));
// Ctrl-C goes to the whole group; the parent ends this process when it has shown its results.
process.on('SIGINT', () => {});

process.exitCode = await measureSide(JSON.parse(process.argv[2] ?? '') as SideTask).then(
  () => 0,
  (error: unknown) => {
    console.error(error);
    return 1;
  },
);
process.disconnect?.();

async function measureSide({ root, benchmark: wanted, options, sizesGiven }: SideTask): Promise<void> {
  const url = pathToFileURL(join(root, 'bench', 'catalogue.ts')).href;
  const { BENCHMARKS } = (await import(url)) as { BENCHMARKS: readonly Benchmark[] };
  const benchmark = BENCHMARKS.find(({ name }) => name === wanted);
  if (benchmark === undefined) throw new Error(`${root} has no benchmark ${wanted}.`);
  const heed = new Heed(options);
  const [ours] = benchmark.contenders(sizesGiven.length === 0 ? options : heed.options);
  try {
    const measurement = await ours.measure((progress) => report({ progress }));
    for (const flag of heed.unheeded(sizesGiven)) console.error(`--${flag} has no effect on ${wanted}.`);
    await new Promise<void>((resolve) => {
      process.send?.({ measurement } satisfies SideReport, () => resolve());
    });
  } finally {
    ours.remove?.();
  }
}

function report(line: SideReport): void {
  process.send?.(line);
}
