/**
 * An engine in a process of its own with bells in it, to be killed by the test that started it. Its arguments are `set`
 * or `go on`, an entry point and a folder; it says how often each bell has rung, once that is committed.
 */
import { join } from 'node:path';
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import { startEngine } from '../../src/index.ts';
import { bell, POLICIES, told } from './schedules-module.ts';

const [, , scenario = '', entry = '', folder = ''] = process.argv;
const start = entry === 'millrace' ? startEngine : startNativeFree;
const engine = await start({
  module: new URL('./schedules-module.ts', import.meta.url),
  directory: join(folder, 'data'),
  shardCount: 2,
});
engine.egress(told, (record) => void process.send?.(record));
if (scenario === 'set') for (const policy of POLICIES) await engine.send(bell, policy, 'set');
