/**
 * `npm run sim -- --seed N --seeds M`: runs the simulation for M seeds from N on, as fast as it goes. Anything that the
 * seed would decide can be pinned: `--workload 2 --shards 2 --ring 64 --crashes 3 --memory 0 …`; see `seed-run.ts`.
 * A failing seed ends the run and prints the command that runs it again. In the end it says what all has happened.
 */
import { Statistics } from '../../src/testing/statistics.ts';
import { readFlags, wholeNumber } from '../command-line.ts';
import { WORKLOADS } from './durable-simulation.ts';
import { replayLine, runSeed, SEED_OPTIONS } from './seed-run.ts';

/** What makes no sense beyond a bound, or below one. */
const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  seeds: [1, Number.MAX_SAFE_INTEGER],
  workload: [0, WORKLOADS.length],
  shards: [1, 64],
};

const names = ['seed', 'seeds', ...SEED_OPTIONS];
const values = readFlags(Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])));
const numbers = Object.fromEntries(
  Object.entries(values).map(([name, text]) => [name, wholeNumber(name, String(text), ...(RANGES[name] ?? []))]),
);
const { seed: first = 1, seeds = 1, ...pins } = numbers;

const startedAt = performance.now();
const statistics = new Statistics();
let hash = '';
for (let seed = first; seed < first + seeds; seed++) {
  try {
    const outcome = await runSeed(seed, pins);
    statistics.add(outcome.statistics);
    hash = outcome.hash;
  } catch (error) {
    console.error(`seed ${seed} failed; run it again with: ${replayLine(seed, pins)}`);
    throw (error as Error).cause ?? error;
  }
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(statistics.lines());
console.log(`${seeds} seeds from ${first}: ${seconds.toFixed(1)} s; hash of the last ${hash}`);
