/**
 * What `explore` is told, with the defaults. What there is not is refused, in the scenario as well: one with a misspelt
 * `invariant` would hold for every seed.
 */
import { integer, oneOf, refuse, typed } from '../engine/option-checks.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import type { ExploreOptions, Scenario } from './scenario.ts';

const SCENARIO_FIELDS = namesOf<Scenario>('module', 'run', 'invariant', 'outcome', 'failures');
const OPTIONS = namesOf<ExploreOptions>('seeds', 'firstSeed', 'seed', 'crashes', 'faults', 'traceEvents');
const SEEDS_DEFAULT = 100;
const TRACE_EVENTS_DEFAULT = 40;

/** Throws `INVALID_OPTION`, or `INVALID_DEFINITION` for a field of the scenario. */
export function checkScenario(scenario: Scenario): void {
  checkFields('INVALID_DEFINITION', 'A scenario', scenario, SCENARIO_FIELDS);
  const { run, invariant, outcome, failures } = scenario;
  if (typeof run !== 'function') refuse('run', run, 'a function');
  typed('invariant', invariant, 'function', 'a function');
  typed('outcome', outcome, 'function', 'a function');
  oneOf('failures', failures, 'throw', ['throw', 'allow']);
}

export interface FilledExploreOptions {
  readonly firstSeed: number;
  /** How many from there on. */
  readonly seedCount: number;
  readonly crashes: boolean;
  readonly faults: boolean;
  readonly traceEventCount: number;
}

/** `only` is the seed that the environment gives, and goes before what the options say. Throws `INVALID_OPTION`. */
export function fillExploreOptions(options: ExploreOptions, only: string | undefined): FilledExploreOptions {
  checkFields('INVALID_OPTION', 'explore', options, OPTIONS);
  const seed = (name: string, given: number | undefined, byDefault: number): number =>
    integer(name, given, byDefault, 0, Number.MAX_SAFE_INTEGER);
  const single = only === undefined || only === '' ? options.seed : seed('MILLRACE_SEED', Number(only), 0);
  return {
    firstSeed: single === undefined ? seed('firstSeed', options.firstSeed, 1) : seed('seed', single, 0),
    seedCount: single === undefined ? seed('seeds', options.seeds, SEEDS_DEFAULT) : 1,
    crashes: typed('crashes', options.crashes, 'boolean', 'true or false') ?? true,
    faults: typed('faults', options.faults, 'boolean', 'true or false') ?? true,
    traceEventCount: integer('traceEvents', options.traceEvents, TRACE_EVENTS_DEFAULT, 0, Number.MAX_SAFE_INTEGER),
  };
}
