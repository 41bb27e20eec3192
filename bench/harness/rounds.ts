/**
 * Runs one benchmark: all contenders in turns (A B C, A B C, …), so that a machine that slows down or speeds up does so
 * for everybody. Each turn is a fresh set of threads: no contender runs while another is measured, and what the compiler
 * made of one of them is not inherited by the next. A contender that throws is named and takes no more turns; the run
 * goes on without it.
 */
import { type Benchmark, type Contender, type Figure, figuresOf, type Limit, limitsOf } from './benchmark.ts';
import type { Measurement, Progress } from './benchmark.ts';
import type { Interruption } from './interruption.ts';
import type { Options } from './options.ts';

export interface Standing {
  readonly contender: string;
  /** One per round; the last ones are missing in a run that was interrupted. */
  readonly measurements: readonly Measurement[];
}

/** A contender that threw, and what. */
export interface Failure {
  readonly contender: string;
  readonly error: unknown;
}

export interface BenchmarkRun {
  readonly benchmark: Benchmark;
  /** What is required of ours under these options. */
  readonly figures: readonly Figure[];
  readonly limits: readonly Limit[];
  /** Ours first; empty if ours has failed, since rivals alone say nothing. */
  readonly standings: readonly Standing[];
  /** Rivals that cannot run here, each with the reason. */
  readonly skipped?: readonly string[];
  readonly failures?: readonly Failure[];
}

/** What tells how far a run is, and whether it is to end. */
export interface Attendance {
  readonly progress: Progress;
  readonly interruption?: Interruption;
  turnOver?(): void;
  /** All contenders have been measured once, so all options that matter have been read. */
  firstRoundOver?(): void;
}

/** Contenders that were not measured at all, because of an interruption, are left out, and so are those that failed. */
export async function runBenchmark(
  benchmark: Benchmark,
  options: Options,
  attendance: Attendance,
): Promise<BenchmarkRun> {
  const chosen = chooseContenders(benchmark, options);
  const skipped = chosen
    .filter(({ missing }) => missing !== undefined)
    .map(({ name, missing }) => `${name}: ${missing}`);
  const entrants = chosen.filter(({ missing }) => missing === undefined).map((contender) => new Entrant(contender));
  await takeTurns(benchmark, entrants, options.rounds, attendance);
  for (const entrant of entrants) entrant.remove();
  const isOursThere = entrants[0]?.failure === undefined;
  return {
    benchmark,
    figures: figuresOf(benchmark, options),
    limits: limitsOf(benchmark, options),
    standings: isOursThere ? entrants.flatMap((entrant) => entrant.standing ?? []) : [],
    skipped,
    failures: entrants.flatMap(({ failure }) => failure ?? []),
  };
}

/** A contender in the run. */
class Entrant {
  readonly contender: Contender;
  readonly #measurements: Measurement[] = [];
  failure: Failure | undefined;

  constructor(contender: Contender) {
    this.contender = contender;
  }

  /** Nothing if it has failed, or has not had a turn. */
  get standing(): Standing | undefined {
    if (this.failure !== undefined || this.#measurements.length === 0) return undefined;
    return { contender: this.contender.name, measurements: this.#measurements };
  }

  /** Returns whether the run goes on. */
  async takeTurn(progress: Progress, interruption?: Interruption): Promise<boolean> {
    try {
      const work = this.contender.measure(progress);
      const measurement = interruption === undefined ? await work : await interruption.unlessInterrupted(work);
      if (measurement === undefined) return false;
      this.#measurements.push(measurement);
    } catch (error) {
      // Ctrl-C goes to the whole group: processes that are measured may have ended before this one has heard of it.
      if (interruption?.isInterrupted === true) return false;
      this.#fail(error);
    }
    return true;
  }

  remove(): void {
    try {
      this.contender.remove?.();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.failure ??= { contender: this.contender.name, error };
  }
}

async function takeTurns(
  { name }: Benchmark,
  entrants: readonly Entrant[],
  rounds: number,
  { progress, interruption, turnOver, firstRoundOver }: Attendance,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const entrant of entrants) {
      if (entrants[0].failure !== undefined) return;
      const turn = `${name}, round ${round + 1} of ${rounds}: ${entrant.contender.name}`;
      if (entrant.failure === undefined) {
        progress(turn);
        if (!(await entrant.takeTurn((text) => progress(`${turn}: ${text}`), interruption))) return;
      }
      turnOver?.();
    }
    if (round === 0 && entrants.every(({ failure }) => failure === undefined)) firstRoundOver?.();
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

/** Who failed, and why, in one line each. */
export function failureLines({ benchmark, failures = [] }: BenchmarkRun): string[] {
  return failures.map(({ contender, error }) => `${benchmark.name}, ${contender}: ${reasonOf(error)}`);
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
