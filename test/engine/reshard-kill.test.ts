/**
 * A process that is killed while it carries its data over to another number of shards, on a real disk: the next one goes
 * on from what was there before, or from what had just been committed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Entry, newFolder, openBank, walk } from './savepoint-stage.ts';

const ENTRIES: readonly Entry[] = ['millrace', 'native-free'];
/** Long enough that all walkers are on their way for the whole of a test. */
const MANY_HOPS = 50_000_000;

function generations(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith('generation-'));
}

async function killedWhile(entry: Entry, directory: string, shardCount: number, when: 'first' | 'last'): Promise<void> {
  const child = fileURLToPath(new URL('./reshard-child.ts', import.meta.url));
  const started = spawn(process.execPath, [child, entry, directory, String(shardCount), when], { stdio: 'inherit' });
  const [, signal] = (await once(started, 'exit')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
}

test.each(ENTRIES)('%s: killed in the middle of it, and right behind its commit', async (entry) => {
  const folder = newFolder();
  const directory = join(folder, 'data');
  const first = await openBank(entry, directory);
  await walk(first.engine, 200, MANY_HOPS);
  await first.engine.stop({ force: true });
  await killedWhile(entry, directory, 3, 'first');
  expect(generations(directory)).toEqual(['generation-1', 'generation-2']);
  await killedWhile(entry, directory, 4, 'first');
  await killedWhile(entry, directory, 1, 'last');
  expect(generations(directory)).toEqual(['generation-1', 'generation-2']);
  const { engine } = await openBank(entry, directory, { shardCount: 1 });
  expect(generations(directory)).toEqual(['generation-2']);
  const { messageCount } = await engine.savepoint(join(folder, 'savepoint'));
  expect(messageCount).toBe(200);
});
