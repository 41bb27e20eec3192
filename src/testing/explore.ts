/**
 * Explores a user's scenario: the same functions on the same engine, for seed after seed, while processes are killed, the
 * power and the disk fail, and everything that may happen in another order does. The first run in which something is
 * not as it must be ends it, with the seed by which it can be had again and the story of what happened.
 */
import { DurableRun } from './durable-run.ts';
import { type DurablePins, durableSettingOf } from './durable-setting.ts';
import { checkScenario, type FilledExploreOptions, fillExploreOptions } from './explore-options.ts';
import type { ExploreOptions, ExploreReport, Scenario } from './scenario.ts';
import { ScenarioWorkload } from './scenario-workload.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { Statistics } from './statistics.ts';
import { Trace } from './trace.ts';
import type { NewWorkload } from './workload.ts';

const START_TIME = Date.UTC(2026, 0, 1);

/** What `explore` rejects with: the error of the scenario is its `cause`, and its text tells the story. */
export class ExplorationFailure extends Error {
  override readonly name = 'ExplorationFailure';
  readonly seed: number;
  /** What happened, in order, for people. */
  readonly trace: readonly string[];

  constructor(seed: number, cause: unknown, trace: readonly string[], isRepeatable: boolean) {
    const again = isRepeatable
      ? `Run it again with explore(scenario, { seed: ${seed} }), or with MILLRACE_SEED=${seed} in the environment.`
      : 'Run again, the same seed did not fail in the same way: something that the scenario does is not decided by the ' +
        'seed. Take time and chance from ctx, from the world or from the client of run().';
    const story = trace.map((line) => `  ${line}`).join('\n');
    super(`seed ${seed} failed: ${messageOf(cause)}\n\n${again}\n\n${story}\n`, { cause });
    this.seed = seed;
    this.trace = trace;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

interface Failed {
  readonly cause: unknown;
  readonly trace: Trace;
}

class Exploration {
  readonly statistics = new Statistics();
  invocationCount = 0;
  readonly #scenario: Scenario;
  readonly #pins: DurablePins;

  constructor(scenario: Scenario, { crashes, faults }: FilledExploreOptions) {
    this.#scenario = scenario;
    this.#pins = {
      cutInterval: 1,
      ...(crashes ? {} : { crashCount: 0, killCount: 0, savepointCount: 0 }),
      ...(faults ? {} : { shardFailureCount: 0, faultCount: 0, fullCount: 0 }),
    };
  }

  /** One run; undefined if all was as it must be. */
  async run(seed: number): Promise<Failed | undefined> {
    const clock = new SimulatedClock(START_TIME);
    const trace = new Trace(clock);
    try {
      const setting = durableSettingOf(seed, 1, this.#pins);
      const newWorkload: NewWorkload = (outside) => new ScenarioWorkload(outside, this.#scenario, trace);
      const { statistics } = await new DurableRun(seed, setting, clock, newWorkload).run();
      this.statistics.add(statistics);
      this.invocationCount += trace.invocationCount;
      return undefined;
    } catch (cause) {
      return { cause, trace };
    }
  }
}

/**
 * Runs a scenario once for each seed. Each run is the real engine with a data directory, on this thread, on a simulated
 * disk and under a virtual clock; the seed decides sizes, the order of everything, delays, crashes and faults.
 *
 * @throws ExplorationFailure (as a rejection) for the first seed whose run breaks an invariant, throws or hangs
 * @throws MillraceError (as a rejection) `INVALID_OPTION` or, for a field that no scenario has, `INVALID_DEFINITION`
 */
export async function explore(scenario: Scenario, options: ExploreOptions = {}): Promise<ExploreReport> {
  checkScenario(scenario);
  const filled = fillExploreOptions(options, process.env['MILLRACE_SEED']);
  const { firstSeed, seedCount } = filled;
  const exploration = new Exploration(scenario, filled);
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++) {
    const failed = await exploration.run(seed);
    if (failed === undefined) continue;
    const again = await exploration.run(seed);
    const isRepeatable = again !== undefined && messageOf(again.cause) === messageOf(failed.cause);
    const about = messageOf(failed.cause);
    const lines = failed.trace.lines(filled.traceEventCount, about);
    throw new ExplorationFailure(seed, failed.cause, lines, isRepeatable);
  }
  const { commits, cuts, crashes, kills, recoveries } = exploration.statistics;
  return {
    seeds: seedCount,
    invocations: exploration.invocationCount,
    commits,
    cuts,
    deaths: crashes + kills,
    recoveries,
  };
}
