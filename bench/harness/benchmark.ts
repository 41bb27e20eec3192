/**
 * What a benchmark is: one work, several contenders that do it, and the figures that ours has to reach against them.
 * The first contender is ours and is named `millrace`; the rest are its rivals, or millrace under other settings.
 */
import type { Options } from './options.ts';

export const OURS = 'millrace';
/** The usual name of a distribution where one event begins when the one before has ended. */
export const ONE_AT_A_TIME = 'one at a time';

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** Latencies of one kind of event, all of them: what percentiles are drawn from. */
export interface Distribution {
  /** What was timed, or under which load: `at 50 %`. */
  readonly name: string;
  /** As `LatencyHistogram.encode` gives it. */
  readonly histogram: string;
  /** In an open loop: how many events a second were to begin, and how many came to their end. */
  readonly offeredPerSecond?: number;
  readonly achievedPerSecond?: number;
}

/** One round of one contender. */
export interface Measurement {
  /** In the unit of the benchmark. */
  readonly value: number;
  /** Of single events, in microseconds; absent where only a rate was measured. */
  readonly percentiles?: Percentiles;
  readonly distributions?: readonly Distribution[];
  /** What else was measured, by names that end with the unit: `start of the engine, ms`. */
  readonly named?: Readonly<Record<string, number>>;
  /** What the work came to, and what it had to come to. */
  readonly checksum: string;
  readonly expected: string;
}

export interface Contender {
  readonly name: string;
  /** Why it cannot run here, as in `redis-server is not installed`. It is then named, and left out. */
  readonly missing?: string | undefined;
  /**
   * Builds itself up in threads of its own, warms up, measures once, and leaves nothing running. What takes long is told
   * to `progress`.
   */
  measure(progress: Progress): Promise<Measurement>;
  /** After the last round: removes what rounds have left to each other, such as data on disk. */
  remove?(): void;
}

/** One line that tells people how far it has come; each replaces the one before. */
export type Progress = (text: string) => void;

/** How many times the rival's value ours must be at least, or may be at most. */
export interface Figure {
  readonly rival: string;
  /** Of which values: `value` (default), a percentile, or the name of a named value. */
  readonly of?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What a value of ours must be at least, or may be at most, whatever the rivals do. */
export interface Limit {
  /** `value`, a percentile, or the name of a named value. */
  readonly of: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** `'median'` (default) of the rounds, or every single one: what is said of the worst case holds of the worst round. */
  readonly over?: 'median' | 'every round';
}

/** Rates end with `/s`; everything else that is measured here is better when there is less of it. */
export function isLessBetter(unit: string): boolean {
  return !unit.endsWith('/s');
}

/** The same under all options, or made for them: what is required of one interval is not what is of another. */
export type ForOptions<Requirements> = Requirements | ((options: Options) => Requirements);

export function figuresOf({ figures }: Benchmark, options: Options): readonly Figure[] {
  return typeof figures === 'function' ? figures(options) : figures;
}

export function limitsOf({ limits = [] }: Benchmark, options: Options): readonly Limit[] {
  return typeof limits === 'function' ? limits(options) : limits;
}

export interface Benchmark {
  readonly name: string;
  /** One line for the reader of the table. */
  describe(options: Options): string;
  readonly unit: string;
  readonly figures: ForOptions<readonly Figure[]>;
  readonly limits?: ForOptions<readonly Limit[]>;
  contenders(options: Options): readonly Contender[];
}
