/**
 * Engines whose number of shards changes between runs: all state and every message in flight is there again.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Progress } from '../../src/index.ts';
import { ended, note } from './savepoint-bank.ts';
import { type Entry, newFolder, openBank, total, walk } from './savepoint-stage.ts';

const ENTRIES: readonly Entry[] = ['millrace', 'native-free'];

function generations(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith('generation-'));
}

test.each(ENTRIES)('%s: what two shards have written opens with three, with one, and with two again', async (entry) => {
  const folder = newFolder();
  const directory = join(folder, 'data');
  const first = await openBank(entry, directory);
  await walk(first.engine, 200, 30);
  await first.engine.send(note, 'n', { write: 'kept' }, { idempotencyKey: 'once' });
  const { stateDigest } = await first.engine.drained().then(() => first.engine.savepoint(join(folder, 'savepoint')));
  await first.engine.stop({ force: true });
  for (const shardCount of [3, 1, 2]) {
    const told: Progress[] = [];
    const { engine } = await openBank(entry, directory, { shardCount, onProgress: (each) => void told.push(each) });
    expect(told.at(-1)).toEqual({ phase: 'reshard', done: 1024, total: 1024 });
    expect(generations(directory)).toHaveLength(1);
    await engine.send(note, 'n', { write: 'again' }, { idempotencyKey: 'once' });
    expect(await engine.ask(note, 'n', 'read')).toBe('kept');
    expect(await engine.savepoint(join(folder, `savepoint-${shardCount}`))).toMatchObject({ stateDigest });
    await engine.stop({ force: true });
  }
});

test('messages in flight go to the shards that own their targets now', async () => {
  const directory = join(newFolder(), 'data');
  const first = await openBank('millrace', directory, { maxIntervalMs: 20 });
  await walk(first.engine, 200, 4_000);
  await first.engine.stop({ force: true });
  for (const shardCount of [1, 3]) {
    const { engine } = await openBank('millrace', directory, { shardCount });
    await engine.checkpoint();
    await engine.stop({ force: true });
  }
  const last = await openBank('millrace', directory, { shardCount: 2 });
  const seeds: number[] = [];
  last.engine.egress(ended, async (seed) => void seeds.push(seed));
  await last.engine.drained();
  expect(await total(last.engine)).toBe(2_000);
  expect(await total(last.engine, 'visits')).toBe(200 * 4_001);
  expect(new Set(seeds).size).toBe(200);
  expect(seeds).toHaveLength(200);
});
