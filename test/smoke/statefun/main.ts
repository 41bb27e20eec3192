/**
 * The smoke test of StateFun by hand, at any size:
 * `npm run smoke:statefun -- --messages 100000 --functions 128 --depth 10 --kills 20 --seed 7`.
 */
import { parseArgs } from 'node:util';
import { FAULT_RATES, NO_FAULTS } from './faulty-proxy.ts';
import { runStatefunSmoke } from './smoke-run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    messages: { type: 'string', default: '100000' },
    functions: { type: 'string', default: '128' },
    depth: { type: 'string', default: '10' },
    shards: { type: 'string', default: '2' },
    kills: { type: 'string', default: '10' },
    life: { type: 'string', default: '8000' },
    minutes: { type: 'string', default: '20' },
    'no-faults': { type: 'boolean', default: false },
  },
});
const { seed, messages, functions, depth, shards, kills, life, minutes } = values;
const replay = `npm run smoke:statefun -- --seed ${seed} --messages ${messages} --functions ${functions} --depth ${depth} --shards ${shards} --kills ${kills} --life ${life}${values['no-faults'] ? ' --no-faults' : ''}`;
console.log(replay);
const report = await runStatefunSmoke({
  seed: Number(seed),
  messageCount: Number(messages),
  functionCount: Number(functions),
  depth: Number(depth),
  shardCount: Number(shards),
  engineKills: Number(kills),
  functionKills: Number(kills),
  lifeMs: Number(life),
  faults: values['no-faults'] ? NO_FAULTS : FAULT_RATES,
  timeoutMs: Number(minutes) * 60_000,
  onProgress: (line) => console.log(line),
});
console.log(report);
if (report.differences.length > 0) {
  console.log(`again: ${replay}`);
  process.exitCode = 1;
}
