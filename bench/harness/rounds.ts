/**
 * Runs one benchmark: all contenders in turns (A B C, A B C, …), so that a machine that slows down or speeds up does so
 * for everybody. Each turn is a fresh set of threads: no contender runs while another is measured, and what the compiler
 * made of one of them is not inherited by the next.
 */
import type { Benchmark, Contender, Measurement, Progress } from './benchmark.ts';
import type { Options } from './options.ts';

export interface Standing {
  readonly contender: string;
  /** One per round. */
  readonly measurements: readonly Measurement[];
}

export interface BenchmarkRun {
  readonly benchmark: Benchmark;
  /** Ours first. */
  readonly standings: readonly Standing[];
}

export async function runBenchmark(benchmark: Benchmark, options: Options, progress: Progress): Promise<BenchmarkRun> {
  const contenders = chooseContenders(benchmark, options);
  const measurements = contenders.map((): Measurement[] => []);
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const [index, contender] of contenders.entries()) {
        const turn = `${benchmark.name}, round ${round + 1} of ${options.rounds}: ${contender.name}`;
        progress(turn);
        measurements[index].push(await contender.measure((text) => progress(`${turn}: ${text}`)));
      }
    }
  } finally {
    for (const contender of contenders) contender.remove?.();
  }
  const standings = contenders.map(({ name }, index) => ({ contender: name, measurements: measurements[index] }));
  return { benchmark, standings };
}

export function chooseContenders(benchmark: Benchmark, options: Options): Contender[] {
  return benchmark.contenders(options).filter(({ name }, index) => index === 0 || name.includes(options.against));
}

/** The measurements whose work did not come to what it had to. */
export function failedChecksums({ benchmark, standings }: BenchmarkRun): string[] {
  return standings.flatMap(({ contender, measurements }) =>
    measurements
      .filter(({ checksum, expected }) => checksum !== expected)
      .map(({ checksum, expected }) => `${benchmark.name}, ${contender}: checksum ${checksum}, expected ${expected}`),
  );
}
