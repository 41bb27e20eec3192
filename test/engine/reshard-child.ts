/**
 * Starts an engine with another number of shards in a process of its own, and kills that in the middle of carrying the
 * data over: when it is told of progress for the first time, or for the last, when the manifest has just been written.
 */
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import { startEngine } from '../../src/index.ts';

const [, , entry = '', directory = '', shardCount = '', when = ''] = process.argv;

await (entry === 'millrace' ? startEngine : startNativeFree)({
  module: new URL('./savepoint-bank.ts', import.meta.url),
  directory,
  shardCount: Number(shardCount),
  onProgress({ done, total }) {
    if ((when === 'last') === (done === total)) process.kill(process.pid, 'SIGKILL');
  },
});
