/**
 * The public surface is one explicit list. test/surface.txt holds every name that users can import; a change to it is
 * a decision, taken with `npx vitest run --config test/vitest.config.ts test/surface.test.ts -u` and seen in review.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { readExports } from './surface/exports.ts';
import { ROOT } from './tool.ts';

const ENTRIES = ['src/index.ts', 'native-free/index.ts'] as const;

test.each(ENTRIES)('%s exports by name only', (entry) => {
  expect(readExports(entry).stars, 'write out the names instead of export *').toEqual([]);
});

test.each(ENTRIES)('%s exports at run time what its list says', async (entry) => {
  const loaded = (await import(/* @vite-ignore */ pathToFileURL(join(ROOT, entry)).href)) as Record<string, unknown>;
  expect(Object.keys(loaded).toSorted()).toEqual(readExports(entry).values);
});

test('the public names are the agreed ones', async () => {
  const { values, types } = readExports('src/index.ts');
  const lines = [...values.map((name) => `value ${name}`), ...types.map((name) => `type  ${name}`)];
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('surface.txt');
});

test('the native-free entry is the same door', () => {
  expect(readExports('native-free/index.ts')).toEqual(readExports('src/index.ts'));
});
