/**
 * Real processes on a real disk, by hand and for as long as wanted:
 *
 *   npm run crash -- --kills 10000 [--shards 1,3] [--native-free] [--seed 1] [--reshard]
 *
 * Prints a table of where processes were killed, and exits with 1 if anything was lost, doubled or wrong.
 */
import { parseArgs } from 'node:util';
import { runCrashes } from './crash-run.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    shards: { type: 'string', default: '2' },
    'native-free': { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    reshard: { type: 'boolean', default: false },
  },
});

function number(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(value) || value < 0) fail(`not a whole number: ${text}`);
  return value;
}

function fail(what: string): never {
  console.error(what);
  process.exit(1);
}

const { tally, complaints } = await runCrashes({
  killCount: number(values.kills),
  seed: number(values.seed),
  isNativeFree: values['native-free'],
  shardCounts: values.shards.split(',').map(number),
  isResharded: values.reshard,
  progressed: (count) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${count} kills`);
  },
});
console.log(tally.describe());
if (complaints.length > 0) fail(complaints.join('\n'));
