/**
 * `npm run sim -- --seed N --seeds M`: runs the simulation for M seeds from N on, as fast as it goes. Anything that the
 * seed would decide can be pinned: `--shards 2 --ring 64 --overflow 0 --mailbox 1 --credit 1 --roots 100 …`.
 * A failing seed ends the run and prints the command that runs it again.
 */
import { parseArgs } from 'node:util';
import { PINS } from './setting.ts';
import { simulate } from './simulation.ts';

const names = ['seed', 'seeds', ...Object.keys(PINS)];
const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])) });
const numbers = Object.fromEntries(
  Object.entries(values).map(([name, text]) => {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} must be a whole number, not ${text}`);
    return [name, number];
  }),
);
const { seed: first = 1, seeds = 1, ...pins } = numbers;

const startedAt = performance.now();
let stepCount = 0;
let invocationCount = 0;
let spilledBlockCount = 0;
let hash = '';
for (let seed = first; seed < first + seeds; seed++) {
  try {
    const outcome = await simulate(seed, pins);
    stepCount += outcome.stepCount;
    invocationCount += outcome.invocationCount;
    spilledBlockCount += outcome.spilledBlockCount;
    hash = outcome.hash;
  } catch (error) {
    const pinned = Object.entries(pins).map(([name, value]) => ` --${name} ${value}`);
    console.error(`seed ${seed} failed; run it again with: npm run sim -- --seed ${seed}${pinned.join('')}`);
    throw error;
  }
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(
  `${seeds} seeds from ${first}: ${stepCount} steps, ${invocationCount} invocations, ${spilledBlockCount} blocks ` +
    `spilled, ${seconds.toFixed(1)} s; hash of the last ${hash}`,
);
