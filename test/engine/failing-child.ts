/**
 * An engine in a process of its own that sends all its dead letters again, and says how far it is, to be killed on the
 * way. Its arguments are a scenario, an entry point and a folder, as those of durability-child.ts.
 */
import { join } from 'node:path';
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import { startEngine } from '../../src/index.ts';

const [, , , entry = '', folder = ''] = process.argv;
const start = entry === 'millrace' ? startEngine : startNativeFree;
const module = new URL('./failing-module.ts', import.meta.url);

const engine = await start({ module, directory: join(folder, 'data'), shardCount: 2 });
engine.egress('failing/alarms', () => {});
process.send?.('open');
const { count, left } = await engine.deadLetters.redrive({}, { onProgress: (done) => void process.send?.(done) });
await engine.stop();
process.send?.(`redriven ${count}, left ${left}`, () => process.disconnect?.());
