/**
 * The ring on trial, by hand and for as long as wanted:
 *
 *   npm run race -- --records 100000000 --capacity 4096      two real threads
 *   npm run race -- --model large                            the model checker, every interleaving of small rings
 *   npm run race -- --litmus 10000                           message-passing litmus tests, so many rounds
 *
 * Prints what was done and exits with 1 if anything was wrong. Options of a race, with their defaults, are those of
 * `RaceOptions`; a capacity may be a list, as in 1024,65536.
 */
import { readFlags, refuse, wholeNumber, wholeNumbers } from '../command-line.ts';
import { describeLitmus, runLitmus } from './litmus-run.ts';
import { LITMUS_TESTS } from './litmus-tests.ts';
import { exploreDoorbells, exploreRings, type ModelResult } from './model-run.ts';
import { RACE_DEFAULTS, type RaceOptions } from './race-records.ts';
import { describeRace, race } from './race-run.ts';

/** Positions are words, and wrap. */
const POSITION_MAX = 0xffff_ffff;
const CAPACITY_BYTES_MAX = 1 << 28;

const values = readFlags({
  records: { type: 'string' },
  capacity: { type: 'string' },
  'record-bytes-max': { type: 'string' },
  'batch-max': { type: 'string' },
  'drain-max': { type: 'string' },
  seed: { type: 'string' },
  idle: { type: 'string' },
  start: { type: 'string' },
  model: { type: 'string' },
  litmus: { type: 'string' },
});
if (values.model !== undefined) await model(oneOf('model', values.model, ['small', 'large'], 'small'));
else if (values.litmus !== undefined) await litmus(wholeNumber('litmus', values.litmus, 1));
else await races(raceOptions());

async function model(size: 'small' | 'large'): Promise<void> {
  for (const run of [exploreRings, exploreDoorbells]) {
    const result: ModelResult = await run(size);
    console.log(result.report);
    if (result.failure !== undefined) fail(result.failure);
  }
}

async function litmus(roundCount: number): Promise<void> {
  for (const test of LITMUS_TESTS) {
    const tally = await runLitmus(test.name, roundCount);
    console.log(describeLitmus(test, tally));
    if (test.outcomes.some(({ values: outcome, verdict }) => verdict === 'forbidden' && tally.has(outcome))) {
      fail(`${test.name}: a forbidden outcome`);
    }
  }
}

async function races(chosen: readonly RaceOptions[]): Promise<void> {
  for (const options of chosen) console.log(describeRace(options, await race(options)));
}

/** One for each capacity. */
function raceOptions(): RaceOptions[] {
  const capacities = values.capacity ?? String(RACE_DEFAULTS.capacityBytes);
  const others = {
    recordCount: number('records', values.records, RACE_DEFAULTS.recordCount),
    recordBytesMax: number('record-bytes-max', values['record-bytes-max'], RACE_DEFAULTS.recordBytesMax),
    batchMax: number('batch-max', values['batch-max'], RACE_DEFAULTS.batchMax),
    drainMax: number('drain-max', values['drain-max'], RACE_DEFAULTS.drainMax),
    seed: number('seed', values.seed, RACE_DEFAULTS.seed, 0),
    start: number('start', values.start, RACE_DEFAULTS.start, 0, POSITION_MAX),
    idle: oneOf('idle', values.idle, ['spin', 'park'], RACE_DEFAULTS.idle),
  };
  const chosen = wholeNumbers('capacity', capacities, 64, CAPACITY_BYTES_MAX);
  return chosen.map((capacityBytes) => ({ capacityBytes, ...others }));
}

function number(flag: string, given: string | undefined, otherwise: number, min: number = 1, max?: number): number {
  return given === undefined ? otherwise : wholeNumber(flag, given, min, max);
}

function oneOf<Choice extends string>(
  flag: string,
  given: string | undefined,
  choices: readonly Choice[],
  otherwise: Choice,
): Choice {
  if (given === undefined) return otherwise;
  return (
    choices.find((choice) => choice === given) ?? refuse(`--${flag} is one of ${choices.join(', ')}, not "${given}".`)
  );
}

function fail(what: string): never {
  console.error(what);
  process.exit(1);
}
