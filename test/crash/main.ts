/**
 * Real processes on a real disk, by hand and for as long as wanted:
 *
 *   npm run crash -- --kills 10000 [--shards 1,3] [--native-free] [--seed 1] [--reshard]
 *   npm run crash -- --faults all|200 [--native-free] [--seed 1]
 *
 * The first prints where processes were killed, the second how they ended when calls to the file system failed; both exit
 * with 1 if anything was lost, doubled or wrong. With `--reshard` each life of a process may have another number of
 * shards of those that `--shards` names; otherwise each world keeps the one it has begun with.
 */
import { parseArgs } from 'node:util';
import { runCrashes } from './crash-run.ts';
import { runFaults } from './fault-run.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    shards: { type: 'string', default: '2' },
    'native-free': { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    reshard: { type: 'boolean', default: false },
    faults: { type: 'string' },
  },
});
const isNativeFree = values['native-free'];
const seed = number(values.seed);

if (values.faults === undefined) await crashes();
else await faults(values.faults === 'all' ? {} : { sampleCount: number(values.faults) });

async function crashes(): Promise<void> {
  const { tally, complaints } = await runCrashes({
    killCount: number(values.kills),
    seed,
    isNativeFree,
    shardCounts: values.shards.split(',').map(number),
    isResharded: values.reshard,
    progressed: (count) => progress(`${count} kills`),
  });
  console.log(tally.describe());
  if (complaints.length > 0) fail(complaints.join('\n'));
}

async function faults(sample: { sampleCount?: number }): Promise<void> {
  const progressed = (count: number, all: number): void => progress(`${count} of ${all} faults`);
  const { triedCount, allCount, outcomes, complaints } = await runFaults({ isNativeFree, seed, progressed, ...sample });
  console.log(`${triedCount} of ${allCount} faults`);
  for (const [outcome, count] of outcomes) console.log(`${String(count).padStart(6)}  ${outcome}`);
  if (complaints.length > 0) fail(complaints.join('\n'));
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}`);
}

function number(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(value) || value < 0) fail(`not a whole number: ${text}`);
  return value;
}

function fail(what: string): never {
  console.error(what);
  process.exit(1);
}
