/**
 * The flights example, as its reader would run it: a process that reads 20,000 flights again and again, sends each to its
 * airports and routes, asks all of them for their summaries, and compares these with a plain loop over the same flights.
 *
 * ```
 *   node examples/flights/main.ts --repeat N ──▶ messages/s, and "checked: all … equal a plain loop"
 * ```
 *
 * The rate is what the example says itself. The checksum is 1 if it says that all summaries are equal.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Benchmark, type Measurement, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { PROFILE_FLAGS } from '../harness/profile-flags.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/flights/main.ts', import.meta.url));
/** The data set so often for each second of measuring. */
const REPEATS_PER_SECOND = 25;

export const flights: Benchmark = {
  name: 'flights',
  unit: 'messages/s',
  describe: (options) => `the flights example, its data set ${repeatCount(options)} times`,
  figures: [],
  contenders: (options) => [{ name: OURS, measure: () => fly(options) }],
};

function repeatCount({ seconds }: Options): number {
  return Math.max(1, Math.round(seconds * REPEATS_PER_SECOND));
}

async function fly(options: Options): Promise<Measurement> {
  const args = [
    ...PROFILE_FLAGS,
    PROGRAM,
    '--repeat',
    String(repeatCount(options)),
    '--shards',
    String(options.shards),
  ];
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await once(child, 'close');
  const rate = PACE.exec(text)?.[1];
  if (rate === undefined) throw new Error(`The flights example did not tell its pace: ${text}`);
  const isChecked = /^checked: all .* equal a plain loop/m.test(text);
  return { value: Number(rate.replaceAll(',', '')), checksum: isChecked ? '1' : '0', expected: '1' };
}

const PACE = /: (\d[\d,]*) messages\/s/;
