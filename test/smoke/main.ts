/**
 * The smoke test and the storm by hand, for as long as one likes:
 * `node test/smoke/main.ts --messages 1000000 --shards 4 --ring 4096 --seed 7` or `--storm 20 --overflow 65536`.
 */
import { parseArgs } from 'node:util';
import { runSmoke } from './smoke-run.ts';
import { runStorm } from './storm-run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    messages: { type: 'string', default: '100000' },
    shards: { type: 'string', default: '2' },
    ring: { type: 'string', default: '4096' },
    storm: { type: 'string' },
    overflow: { type: 'string', default: '65536' },
  },
});
const shardCount = Number(values.shards);
const ringCapacityBytes = Number(values.ring);
if (values.storm === undefined) {
  const messageCount = Number(values.messages);
  const report = await runSmoke({ seed: Number(values.seed), messageCount, shardCount, ringCapacityBytes });
  console.log(report);
  if (report.differences.length > 0) process.exitCode = 1;
} else {
  const generations = Number(values.storm);
  console.log(await runStorm({ generations, shardCount, ringCapacityBytes, overflowBytes: Number(values.overflow) }));
}
