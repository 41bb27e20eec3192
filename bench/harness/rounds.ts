/**
 * Runs one benchmark: all contenders in turns (A B C, A B C, …), so that a machine that slows down or speeds up does so
 * for everybody. Each turn is a fresh set of threads: no contender runs while another is measured, and what the compiler
 * made of one of them is not inherited by the next.
 */
import type { Benchmark, Contender, Measurement, Progress } from './benchmark.ts';
import type { Interruption } from './interruption.ts';
import type { Options } from './options.ts';

export interface Standing {
  readonly contender: string;
  /** One per round; the last ones are missing in a run that was interrupted. */
  readonly measurements: readonly Measurement[];
}

export interface BenchmarkRun {
  readonly benchmark: Benchmark;
  /** Ours first. */
  readonly standings: readonly Standing[];
  /** Rivals that cannot run here, each with the reason. */
  readonly skipped?: readonly string[];
}

/** What tells how far a run is, and whether it is to end. */
export interface Attendance {
  readonly progress: Progress;
  readonly interruption?: Interruption;
  turnOver?(): void;
}

/** Contenders that were not measured at all, because of an interruption, are left out. */
export async function runBenchmark(
  benchmark: Benchmark,
  options: Options,
  attendance: Attendance,
): Promise<BenchmarkRun> {
  const chosen = chooseContenders(benchmark, options);
  const skipped = chosen
    .filter(({ missing }) => missing !== undefined)
    .map(({ name, missing }) => `${name}: ${missing}`);
  const contenders = chosen.filter(({ missing }) => missing === undefined);
  const measurements = contenders.map((): Measurement[] => []);
  try {
    await takeTurns(benchmark, contenders, measurements, options.rounds, attendance);
  } finally {
    for (const contender of contenders) contender.remove?.();
  }
  const standings = contenders
    .map(({ name }, index) => ({ contender: name, measurements: measurements[index] }))
    .filter(({ measurements: measured }) => measured.length > 0);
  return { benchmark, standings, skipped };
}

async function takeTurns(
  { name }: Benchmark,
  contenders: readonly Contender[],
  measurements: readonly Measurement[][],
  rounds: number,
  { progress, interruption, turnOver }: Attendance,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const turn = `${name}, round ${round + 1} of ${rounds}: ${contender.name}`;
      progress(turn);
      const work = contender.measure((text) => progress(`${turn}: ${text}`));
      const measurement = interruption === undefined ? await work : await interruption.unlessInterrupted(work);
      if (measurement === undefined) return;
      measurements[index].push(measurement);
      turnOver?.();
    }
  }
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
