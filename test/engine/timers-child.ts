/**
 * An engine in a process of its own with beating hearts in it, to be killed by the test that started it. Its arguments are
 * an entry point and a folder; it says when it is open.
 */
import { join } from 'node:path';
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import { startEngine } from '../../src/index.ts';
import { beat } from './timers-module.ts';

const [, , entry = '', folder = '', first = ''] = process.argv;
const start = entry === 'millrace' ? startEngine : startNativeFree;
const engine = await start({
  module: new URL('./timers-module.ts', import.meta.url),
  directory: join(folder, 'data'),
  shardCount: 2,
  maxIntervalMs: 20,
});
if (first === 'first') for (const id of ['a', 'b', 'c', 'd']) await engine.send(beat, id, 0);
process.send?.('open');
