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
import { parseArgs } from 'node:util';
import { describeLitmus, runLitmus } from './litmus-run.ts';
import { LITMUS_TESTS } from './litmus-tests.ts';
import { exploreDoorbells, exploreRings, type ModelResult } from './model-run.ts';
import { RACE_DEFAULTS, type RaceOptions } from './race-records.ts';
import { describeRace, race } from './race-run.ts';

const { values } = parseArgs({
  options: {
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
  },
});

if (values.model !== undefined) await model();
else if (values.litmus !== undefined) await litmus(number(values.litmus, 0));
else await races();

async function model(): Promise<void> {
  const size = oneOf(values.model, ['small', 'large'], 'small');
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

async function races(): Promise<void> {
  for (const capacity of (values.capacity ?? String(RACE_DEFAULTS.capacityBytes)).split(',')) {
    const options = raceOptions(Number(capacity));
    console.log(describeRace(options, await race(options)));
  }
}

function raceOptions(capacityBytes: number): RaceOptions {
  return {
    capacityBytes,
    recordCount: number(values.records, RACE_DEFAULTS.recordCount),
    recordBytesMax: number(values['record-bytes-max'], RACE_DEFAULTS.recordBytesMax),
    batchMax: number(values['batch-max'], RACE_DEFAULTS.batchMax),
    drainMax: number(values['drain-max'], RACE_DEFAULTS.drainMax),
    seed: number(values.seed, RACE_DEFAULTS.seed),
    start: number(values.start, RACE_DEFAULTS.start),
    idle: oneOf(values.idle, ['spin', 'park'], RACE_DEFAULTS.idle),
  };
}

function number(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(value)) fail(`not a whole number: ${text}`);
  return value;
}

function oneOf<Choice extends string>(text: string | undefined, choices: readonly Choice[], otherwise: Choice): Choice {
  if (text === undefined) return otherwise;
  return choices.find((choice) => choice === text) ?? fail(`${text} is none of ${choices.join(', ')}`);
}

function fail(what: string): never {
  console.error(what);
  process.exit(1);
}
