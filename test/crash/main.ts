/**
 * Real processes on a real disk, by hand and for as long as wanted:
 *
 *   npm run crash -- --kills 10000 [--shards 1,3] [--native-free] [--seed 1] [--reshard]
 *   npm run crash -- --faults all|200 [--native-free] [--seed 1]
 *
 * The first prints where processes were killed, the second how they ended when calls to the file system failed; both exit
 * with 1 if anything was lost, doubled or wrong, or if there was a call to which no life has come. Both begin with a survey
 * of the calls that there are. A number of faults is a sample of all kinds and places alike: some 2,000 try each of them
 * once, and `all` each call, which takes days. Ctrl-C ends all processes and removes what they have written. With
 * `--reshard` each life of a process may have another number of shards of those that `--shards` names; otherwise each world
 * keeps the one it has begun with.
 */
import { EXIT_INTERRUPTED, readFlags, wholeNumber, wholeNumbers } from '../command-line.ts';
import { endAllLives } from './bank-life.ts';
import { removeAllWorlds } from './bank-world.ts';
import { runCrashes } from './crash-run.ts';
import { runFaults } from './fault-run.ts';

const SHARD_COUNT_MAX = 256;

const values = readFlags({
  kills: { type: 'string', default: '200' },
  shards: { type: 'string', default: '2' },
  'native-free': { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  reshard: { type: 'boolean', default: false },
  faults: { type: 'string' },
});
const isNativeFree = values['native-free'];
const seed = wholeNumber('seed', values.seed);
const killCount = wholeNumber('kills', values.kills, 1);
const shardCounts = wholeNumbers('shards', values.shards, 1, SHARD_COUNT_MAX);
const { faults } = values;
const sample = faults === undefined || faults === 'all' ? {} : { sampleCount: wholeNumber('faults', faults, 1) };

process.once('SIGINT', () => {
  endAllLives();
  removeAllWorlds();
  process.exit(EXIT_INTERRUPTED);
});
await (faults === undefined ? loseNothing() : failInTurn());

async function loseNothing(): Promise<void> {
  const { tally, missing, complaints } = await runCrashes({
    killCount,
    seed,
    isNativeFree,
    shardCounts,
    isResharded: values.reshard,
    progressed: (count) => progress(`${count} kills`),
  });
  console.log(tally.describe());
  refuse(missing);
  if (complaints.length > 0) fail(complaints.join('\n'));
}

async function failInTurn(): Promise<void> {
  const progressed = (count: number, all: number): void => progress(`${count} of ${all} faults`);
  const options = { isNativeFree, seed, progressed, ...sample };
  const { triedCount, allCount, missing, outcomes, complaints } = await runFaults(options);
  console.log(`${triedCount} of ${allCount} faults`);
  for (const [outcome, count] of outcomes) console.log(`${String(count).padStart(6)}  ${outcome}`);
  refuse(missing);
  if (complaints.length > 0) fail(complaints.join('\n'));
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}`);
}

/** A call that no life makes is a part of the engine that is not tested. */
function refuse(missing: readonly string[]): void {
  if (missing.length > 0) console.error(`no life has come to these calls:\n${missing.join('\n')}`);
  if (missing.length > 0) process.exitCode = 1;
}

function fail(what: string): never {
  console.error(what);
  process.exit(1);
}
