/**
 * The smoke test and the storm by hand, for as long as one likes:
 * `node test/smoke/main.ts --messages 1000000 --shards 4 --ring 4096 --seed 7` or `--storm 20 --overflow 65536`.
 */
import { EXIT_INTERRUPTED, readFlags, wholeNumber } from '../command-line.ts';
import { runSmoke } from './smoke-run.ts';
import { runStorm } from './storm-run.ts';

const RING_BYTES_MAX = 1 << 28;
/** Each has twice as many messages as the one before. */
const GENERATIONS_MAX = 30;

const values = readFlags({
  seed: { type: 'string', default: '1' },
  messages: { type: 'string', default: '100000' },
  shards: { type: 'string', default: '2' },
  ring: { type: 'string', default: '4096' },
  storm: { type: 'string' },
  overflow: { type: 'string', default: '65536' },
});
const seed = wholeNumber('seed', values.seed);
const messageCount = wholeNumber('messages', values.messages, 1);
const shardCount = wholeNumber('shards', values.shards, 1, 256);
const ringCapacityBytes = wholeNumber('ring', values.ring, 64, RING_BYTES_MAX);
const overflowBytes = wholeNumber('overflow', values.overflow);
process.once('SIGINT', () => process.exit(EXIT_INTERRUPTED));
if (values.storm === undefined) {
  const report = await runSmoke({ seed, messageCount, shardCount, ringCapacityBytes });
  console.log(report);
  if (report.differences.length > 0) process.exitCode = 1;
} else {
  const generations = wholeNumber('storm', values.storm, 0, GENERATIONS_MAX);
  console.log(await runStorm({ generations, shardCount, ringCapacityBytes, overflowBytes }));
}
