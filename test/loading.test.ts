/**
 * What a thread loads before anybody has asked for more. Every shard loads its entry and, with the user's module, that of
 * the package; half a millisecond for each file is what a restart waits for.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = new URL('../', import.meta.url).href;

/** The files of this package, from its root, and the names of packages, that a new process loads with this file. */
async function loadedWith(file: string): Promise<string[]> {
  const script = `
    import { registerHooks } from 'node:module';
    const urls = [];
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
    await import(${JSON.stringify(new URL(file, ROOT).href)});
    console.log(JSON.stringify(urls));
    process.exit();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const files = (JSON.parse(stdout) as string[]).filter((url) => url.startsWith('file:'));
  return [...new Set(files.map(nameOf))];
}

function nameOf(url: string): string {
  const [, inPackage] = url.split(/.*\/node_modules\//);
  return inPackage === undefined ? url.slice(ROOT.length) : (inPackage.split('/')[0] ?? '');
}

test.for(['src/index.ts', 'native-free/index.ts'])('%s loads the SDK and doors, and no package', async (entry) => {
  const loaded = await loadedWith(entry);
  expect(loaded).toContain('src/sdk/function.ts');
  expect(loaded).toContain('src/engine/engine.ts');
  expect(loaded.filter((name) => !name.includes('/'))).toEqual([]);
  expect(loaded.filter((name) => /^src\/(shard\/shard|engine\/(runtime|bootstrap|check))/.test(name))).toEqual([]);
  expect(loaded.length).toBeLessThan(40);
});

test('a shard loads neither the coordinator nor what only some modules need', async () => {
  const loaded = await loadedWith('src/worker.ts');
  expect(loaded).toContain('src/shard/shard.ts');
  expect(loaded.filter((name) => !name.includes('/')).toSorted()).toEqual(['croner', 'msgpackr', 'sorted-btree']);
  expect(loaded.filter((name) => /runtime|coordinator|^src\/(remote|level)\/|statefun\/statefun/.test(name))).toEqual(
    [],
  );
});
