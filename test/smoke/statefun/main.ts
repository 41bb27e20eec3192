/**
 * The smoke test of StateFun by hand, at any size:
 * `npm run smoke:statefun -- --messages 100000 --functions 128 --depth 10 --kills 20 --seed 7`.
 */
import { EXIT_INTERRUPTED, readFlags, wholeNumber } from '../../command-line.ts';
import { FAULT_RATES, NO_FAULTS } from './faulty-proxy.ts';
import { runStatefunSmoke } from './smoke-run.ts';

const values = readFlags({
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  messages: { type: 'string', default: '100000' },
  functions: { type: 'string', default: '128' },
  depth: { type: 'string', default: '10' },
  shards: { type: 'string', default: '2' },
  kills: { type: 'string', default: '10' },
  life: { type: 'string', default: '8000' },
  minutes: { type: 'string', default: '20' },
  'no-faults': { type: 'boolean', default: false },
});
const seed = wholeNumber('seed', values.seed);
const messageCount = wholeNumber('messages', values.messages, 1);
const functionCount = wholeNumber('functions', values.functions, 1);
const depth = wholeNumber('depth', values.depth);
const shardCount = wholeNumber('shards', values.shards, 1, 256);
const killCount = wholeNumber('kills', values.kills);
const lifeMs = wholeNumber('life', values.life, 1);
const minutes = wholeNumber('minutes', values.minutes, 1, 10_000);
const replay = `npm run smoke:statefun -- --seed ${seed} --messages ${messageCount} --functions ${functionCount} --depth ${depth} --shards ${shardCount} --kills ${killCount} --life ${lifeMs}${values['no-faults'] ? ' --no-faults' : ''}`;
console.log(replay);
let isInterrupted = false;
const interrupted = new Promise<void>((resolve) => {
  process.once('SIGINT', () => {
    isInterrupted = true;
    resolve();
  });
});
const report = await runStatefunSmoke({
  seed,
  messageCount,
  functionCount,
  depth,
  shardCount,
  engineKills: killCount,
  functionKills: killCount,
  lifeMs,
  faults: values['no-faults'] ? NO_FAULTS : FAULT_RATES,
  timeoutMs: minutes * 60_000,
  onProgress: (line) => console.log(line),
  interrupted,
});
if (isInterrupted) process.exit(EXIT_INTERRUPTED);
console.log(report);
if (report.differences.length > 0) {
  console.log(`again: ${replay}`);
  process.exitCode = 1;
}
