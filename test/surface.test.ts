/**
 * The public surface is explicit lists. test/surface.txt and test/surface/testing.txt hold every name that users can import; a change to it is
 * a decision, taken with `npx vitest run --config test/vitest.config.ts test/surface.test.ts -u` and seen in review.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { readExports } from './surface/exports.ts';
import { ROOT } from './tool.ts';

const ENTRIES = [
  'src/index.ts',
  'native-free/index.ts',
  'src/testing/index.ts',
  'src/remote/index.ts',
  'src/endpoint/index.ts',
] as const;

test.each(ENTRIES)('%s exports by name only', (entry) => {
  expect(readExports(entry).stars, 'write out the names instead of export *').toEqual([]);
});

test.each(ENTRIES)('%s exports at run time what its list says', async (entry) => {
  const loaded = (await import(/* @vite-ignore */ pathToFileURL(join(ROOT, entry)).href)) as Record<string, unknown>;
  expect(Object.keys(loaded).toSorted()).toEqual(readExports(entry).values);
});

test.each([
  ['src/index.ts', 'surface.txt'],
  ['src/endpoint/index.ts', 'surface/endpoint.txt'],
  ['src/testing/index.ts', 'surface/testing.txt'],
  ['src/remote/index.ts', 'surface/remote.txt'],
  ['src/statefun/index.ts', 'surface/statefun.txt'],
])('the public names of %s are the agreed ones', async (entry, list) => {
  const { values, types } = readExports(entry);
  const lines = [...values.map((name) => `value ${name}`), ...types.map((name) => `type  ${name}`)];
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(list);
});

test('the native-free entry is the same door', () => {
  expect(readExports('native-free/index.ts')).toEqual(readExports('src/index.ts'));
});
