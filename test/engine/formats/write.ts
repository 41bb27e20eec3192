/**
 * Writes the data that `formats.test.ts` reads: a savepoint and, as a kill leaves them, a data directory of each store, all
 * in one file. Run by hand with the version of the software whose format it is, before that changes:
 *
 * ```
 * node test/engine/formats/write.ts test/engine/formats/version-3.json
 * ```
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { deflateSync } from 'node:zlib';
import { startEngine as startNativeFree } from '../../../native-free/index.ts';
import { startEngine } from '../../../src/index.ts';
import { IDS, keptOf } from './contents.ts';

const STORES = { level: startEngine, 'native-free': startNativeFree };
const [target = 'formats.json', store, folder = ''] = process.argv.slice(2);

if (store === undefined) {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-formats-'));
  for (const name of Object.keys(STORES)) {
    await once(fork(import.meta.filename, [target, name, scratch], { stdio: 'inherit' }), 'exit');
  }
  writeFileSync(target, `${JSON.stringify(filesUnder(scratch), undefined, 1)}\n`);
  rmSync(scratch, { recursive: true });
} else {
  await write(store as keyof typeof STORES);
}

/** By path: what is in a file, deflated, as base64. */
function filesUnder(root: string): Record<string, string> {
  const items = readdirSync(root, { recursive: true, withFileTypes: true }).filter((item) => item.isFile());
  const paths = items.map((item) => join(item.parentPath, item.name)).toSorted();
  return Object.fromEntries(
    paths.map((path) => [relative(root, path), deflateSync(readFileSync(path)).toString('base64')]),
  );
}

async function write(name: keyof typeof STORES): Promise<void> {
  const module = new URL('./format-module.ts', import.meta.url);
  const engine = await STORES[name]({ module, directory: join(folder, name), shardCount: 1, memory: 16 << 20 });
  engine.on('error', () => {});
  for (const id of IDS) await engine.send('format/keeper', id, { keep: keptOf(id) });
  await engine.send('format/keeper', 'broken', 'fail');
  await engine.checkpoint();
  if (name === 'level') await engine.savepoint(join(folder, 'savepoint'));
  process.kill(process.pid, 'SIGKILL');
}
