/**
 * Tables and lists on real threads and a real disk, over restarts with other versions of the code: nothing needs a
 * migration, and `ctx.delete()` also removes what the code does not know any more.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEngine } from '../../src/index.ts';

const FULL = new URL('./shelf-module.ts', import.meta.url);
const BARE = new URL('./bare-shelf-module.ts', import.meta.url);
const ALL = [
  'full',
  Array.from({ length: 500 }, (_, index) => [`thing ${index}`, index] as const).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  ),
  [1, 2, 3],
];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tables-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One life of an engine on the directory: asks each of these in turn, and stops. */
async function life(module: URL, directory: string, questions: readonly string[]): Promise<unknown> {
  const engine = await startEngine({ module, directory, shardCount: 2 });
  let answer: unknown;
  for (const question of questions) {
    if (question === 'fill') await engine.send('test/shelf', 'Kim', question);
    else answer = await engine.ask('test/shelf', 'Kim', question);
  }
  await engine.stop();
  return answer;
}

test('what was stored is there after a restart, and a savepoint moves it into the store', async () => {
  const directory = join(newFolder(), 'data');
  expect(await life(FULL, directory, ['fill', 'read'])).toEqual(ALL);
  expect(await life(FULL, directory, ['read'])).toEqual(ALL);
  const engine = await startEngine({ module: FULL, directory, shardCount: 2 });
  await engine.savepoint(join(newFolder(), 'savepoint'));
  expect(await engine.ask('test/shelf', 'Kim', 'read')).toEqual(ALL);
  await engine.stop();
  expect(await life(FULL, directory, ['read'])).toEqual(ALL);
});

test('states that are not declared any more are left alone until their entity is written', async () => {
  const directory = join(newFolder(), 'data');
  await life(FULL, directory, ['fill']);
  expect(await life(BARE, directory, ['nothing'])).toBe(0);
  expect(await life(FULL, directory, ['read'])).toEqual(ALL);
  // Then values and the length of lists are lost; entries of tables are still there.
  expect(await life(BARE, directory, ['write'])).toBe(1);
  expect(await life(FULL, directory, ['read'])).toEqual([undefined, ALL[1], []]);
});

test('deleting an entity removes those, too', async () => {
  const directory = join(newFolder(), 'data');
  await life(FULL, directory, ['fill']);
  expect(await life(BARE, directory, ['delete'])).toBe(0);
  expect(await life(FULL, directory, ['read'])).toEqual([undefined, [], []]);
});
