/**
 * State that expires, on real threads, disks and clocks: not seen any more from its time on, also when that passes while
 * no engine runs; and gone from the disk soon after, without anybody asking.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import * as nativeFree from '../../native-free/index.ts';
import * as main from '../../src/index.ts';
import { until } from './puppet-engine.ts';
import { notebook, type Notes, SESSION_MS, visitor } from './expiring-module.ts';

const MODULE = new URL('./expiring-module.ts', import.meta.url);
const COUNT = 500;

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-expiry-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

const ENTRIES = [
  ['main', main],
  ['native-free', nativeFree],
] as const;

type Start = typeof main.startEngine;

async function start(startEngine: Start, directory: string): Promise<main.Engine> {
  const engine = await startEngine({ module: MODULE, directory, shardCount: 2 });
  onTestFinished(() => engine.stop({ force: true }).catch(() => {}));
  return engine;
}

/** Resolves when so many entities, rows included, are stored. */
async function storedAre(engine: main.Engine, expected: number): Promise<void> {
  await until(async () => (await engine.savepoint(join(scratch(), 'savepoint'))).entityCount === expected);
}

test.each(ENTRIES)('%s: seen no more, and then gone', async (_name, { startEngine }) => {
  const directory = scratch();
  const first = await start(startEngine, directory);
  for (let index = 0; index < COUNT; index++) {
    await first.send(visitor, `id-${index}`, index === 7 ? { name: 'Kim' } : {}, { until: 'accepted' });
  }
  // It is asked while the session still lives, sooner or later.
  await until(async () => {
    await first.send(visitor, 'id-7', {}, { until: 'accepted' });
    const seen = (await first.ask(visitor, 'id-7', {}, { until: 'processed' })) as { session?: string; name?: string };
    expect(seen.name).toBe('Kim');
    return seen.session === 'here';
  });
  await first.stop();
  await sleep(SESSION_MS);
  const engine = await start(startEngine, directory);
  expect(await engine.ask(visitor, 'id-7', {})).toEqual({ session: undefined, name: 'Kim' });
  expect(await engine.ask(visitor, 'id-8', {})).toEqual({ session: undefined, name: undefined });
  // Nobody asks for the others. One entity has a name, and its row is gone with its session.
  await storedAre(engine, 1);
});

test.each(ENTRIES)('%s: entries and elements, too', async (_name, { startEngine }) => {
  const directory = scratch();
  const first = await start(startEngine, directory);
  const look = async (engine: main.Engine): Promise<Notes> =>
    (await engine.ask(notebook, 'a', 'what is there?')) as Notes;
  const begunAt = Date.now();
  for (let n = 0; n < COUNT; n++) {
    await first.send(notebook, 'a', { key: `key-${String(n).padStart(3, '0')}`, n }, { until: 'accepted' });
  }
  await first.drained();
  const seen = await look(first);
  // On a machine that is slow today some are gone already: of the elements the oldest. Entries are read one after the
  // other, so one may expire in the midst of that, behind an older one that was just seen.
  const last = (count: number): number[] => Array.from({ length: count }, (_, index) => COUNT - count + index);
  expect(seen.elements).toEqual(last(seen.elements.length));
  const numbers = seen.entries.map(([, n]) => n);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  const isSlow = Date.now() - begunAt >= SESSION_MS;
  expect(isSlow || Math.min(seen.entries.length, seen.elements.length) === COUNT).toBe(true);
  await first.stop();
  await sleep(SESSION_MS);
  const engine = await start(startEngine, directory);
  // Time has passed while nobody was there, and what has been set since counts from then.
  expect(await look(engine)).toEqual({ entries: [], elements: [], kept: COUNT - 1 });
  await engine.send(notebook, 'a', { key: 'new', n: 1_000 });
  const again = await look(engine);
  expect([[], [['new', 1_000]]]).toContainEqual(again.entries);
  expect([[], [1_000]]).toContainEqual(again.elements);
  // What is left is the entity, which knows that a table of it was written, and the entry that stays.
  await storedAre(engine, 2);
  expect(await look(engine)).toEqual({ entries: [], elements: [], kept: 1_000 });
});
