/**
 * What a simulated power loss may do, all of which it does for some seed, and what it must never do for any.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';

const SEEDS = 300;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function disk(files: Readonly<Record<string, string>> = {}): SimulatedFileSystem {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  for (const [path, text] of Object.entries(files)) fileSystem.writeFile(path, bytesOf(text));
  return fileSystem;
}

/** How the disk may look after a power loss now, as `describe` puts it, sorted. */
function outcomes(fileSystem: SimulatedFileSystem, describe: (after: SimulatedFileSystem) => string): string[] {
  const seen = new Set<string>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const after = fileSystem.clone();
    after.crash(new Prng(seed));
    seen.add(describe(after));
  }
  return [...seen].toSorted();
}

const text =
  (path: string) =>
  (after: SimulatedFileSystem): string =>
    textOf(after.readFile(path));

const everything = (after: SimulatedFileSystem): string =>
  after
    .paths()
    .map((path) => `${path}=${textOf(after.readFile(path))}`)
    .join(' ');

test('the same seed loses the same', () => {
  const fileSystem = disk({ '/a': 'abc' });
  const file = fileSystem.open('/a', 'append');
  for (let index = 0; index < 20; index++) file.append(new Uint8Array(index * 500).fill(index));
  for (let index = 0; index < 20; index++) fileSystem.open(`/file${index}`, 'create').append(bytesOf('x'));
  const run = (seed: number): string => {
    const after = fileSystem.clone();
    after.crash(new Prng(seed));
    return everything(after);
  };
  for (let seed = 0; seed < 20; seed++) expect(run(seed)).toBe(run(seed));
  expect(new Set(Array.from({ length: 20 }, (_, seed) => run(seed))).size).toBeGreaterThan(10);
});

test('an append that was not synced survives, is lost, ends early or has pages of zeros; what was before it stays', () => {
  const fileSystem = disk({ '/a': 'x'.repeat(1000) });
  fileSystem.open('/a', 'append').append(new Uint8Array(20_000).fill(7));
  const kinds = outcomes(fileSystem, (after) => {
    const bytes = after.readFile('/a');
    expect(bytes.subarray(0, 1000).every((byte) => byte === 120)).toBe(true);
    const tail = bytes.subarray(1000);
    expect(tail.every((byte) => byte === 0 || byte === 7)).toBe(true);
    if (tail.length === 0) return 'lost';
    if (!tail.includes(0)) return tail.length === 20_000 ? 'whole' : 'beginning';
    expect(tail).toHaveLength(20_000);
    for (let page = 4096; page < 21_000; page += 4096) {
      expect(new Set(bytes.subarray(page, page + 4096)).size).toBe(1);
    }
    return tail.includes(7) ? 'pages' : 'zeros';
  });
  expect(kinds).toEqual(expect.arrayContaining(['beginning', 'lost', 'pages', 'whole']));
});

test('of two appends each may survive without the other', () => {
  const fileSystem = disk({ '/a': '' });
  const file = fileSystem.open('/a', 'append');
  file.append(bytesOf('1'));
  file.append(bytesOf('2'));
  expect(outcomes(fileSystem, text('/a'))).toEqual(expect.arrayContaining(['', '1', '12', '1\0', '\x002']));
});

test('what is overwritten is old or new, byte by byte, never anything else', () => {
  const fileSystem = disk({ '/a': 'aaaaaaaa' });
  fileSystem.open('/a', 'append').writeAt(2, bytesOf('BBBB'));
  const seen = outcomes(fileSystem, text('/a'));
  for (const outcome of seen) expect(outcome).toMatch(/^aaB{0,4}a{2,6}$/);
  expect(seen).toEqual(expect.arrayContaining(['aaaaaaaa', 'aaBaaaaa', 'aaBBBBaa']));
});

test('cutting off happens or not, and is never undone by what is cut off', async () => {
  const fileSystem = disk({ '/a': 'abcdef' });
  const file = fileSystem.open('/a', 'append');
  file.truncate(2);
  expect(outcomes(fileSystem, text('/a'))).toEqual(['ab', 'abcdef']);
  file.append(bytesOf('X'));
  expect(outcomes(fileSystem, text('/a'))).toEqual(expect.arrayContaining(['ab', 'abX', 'abXdef', 'abcdef']));
  file.append(bytesOf('Y'));
  expect(outcomes(fileSystem, text('/a'))).toEqual(expect.arrayContaining(['ab\0Y', 'abcYef']));
  expect(outcomes(fileSystem, text('/a'))).not.toContain('abcY');
  await file.sync();
  expect(outcomes(fileSystem, text('/a'))).toEqual(['abXY']);
});

test('what is written is what the bytes were at that time', () => {
  const fileSystem = disk({ '/a': '' });
  const bytes = bytesOf('abc');
  fileSystem.open('/a', 'append').append(bytes);
  bytes.fill(0x78);
  expect(outcomes(fileSystem, text('/a')).some((outcome) => outcome.includes('x'))).toBe(false);
});

test('what was synced stays, whatever was written after it', async () => {
  const fileSystem = disk({ '/a': '' });
  const file = fileSystem.open('/a', 'append');
  file.append(bytesOf('synced'));
  await file.sync();
  file.append(bytesOf('not'));
  for (const outcome of outcomes(fileSystem, text('/a'))) expect(outcome.slice(0, 6)).toBe('synced');
});

test('a second power loss takes nothing more', () => {
  for (let seed = 0; seed < 10; seed++) {
    const fileSystem = disk({ '/a': '' });
    fileSystem.open('/a', 'append').append(new Uint8Array(10_000).fill(1));
    fileSystem.open('/b', 'create').append(bytesOf('abc'));
    fileSystem.crash(new Prng(seed));
    expect(outcomes(fileSystem, everything)).toEqual([everything(fileSystem)]);
  }
});

test('syncing a file does not make its name durable, nor the other way round', async () => {
  const fileSystem = disk();
  const file = fileSystem.open('/a', 'create');
  file.append(bytesOf('a'));
  const unsynced = fileSystem.open('/b', 'create');
  unsynced.append(bytesOf('b'));
  await file.sync();
  expect(outcomes(fileSystem, (after) => (after.exists('/a') ? textOf(after.readFile('/a')) : 'gone'))).toEqual([
    'a',
    'gone',
  ]);
  await fileSystem.syncDirectory('/');
  expect(outcomes(fileSystem, text('/a'))).toEqual(['a']);
  expect(outcomes(fileSystem, text('/b'))).toEqual(expect.arrayContaining(['', 'b']));
});

test('making and removing of different names is independent', () => {
  const fileSystem = disk({ '/old': '' });
  fileSystem.open('/new', 'create').close();
  fileSystem.remove('/old');
  expect(outcomes(fileSystem, (after) => after.paths().join(' '))).toEqual(['', '/new', '/new /old', '/old']);
});

test('a rename is old or new, and with a directory sync new', async () => {
  const fileSystem = disk({ '/a': 'old', '/b': 'new' });
  fileSystem.rename('/b', '/a');
  expect(outcomes(fileSystem, everything)).toEqual(['/a=new', '/a=old /b=new']);
  await fileSystem.syncDirectory('/');
  expect(outcomes(fileSystem, everything)).toEqual(['/a=new']);
});

test('writing aside, syncing and renaming replaces a file at once; without the sync it does not', async () => {
  const replaced = async (isSynced: boolean): Promise<string[]> => {
    const fileSystem = disk({ '/a': 'old' });
    const file = fileSystem.open('/a.new', 'create');
    file.append(bytesOf('new'));
    if (isSynced) await file.sync();
    fileSystem.rename('/a.new', '/a');
    return outcomes(fileSystem, text('/a'));
  };
  expect(await replaced(true)).toEqual(['new', 'old']);
  expect(await replaced(false)).toEqual(expect.arrayContaining(['', 'new', 'old']));
});

test('removing what a rename has replaced too early can lose both', () => {
  const fileSystem = disk({ '/1': 'old' });
  fileSystem.writeFile('/tmp', bytesOf('new'));
  fileSystem.rename('/tmp', '/2');
  fileSystem.remove('/1');
  expect(outcomes(fileSystem, everything)).toEqual(['/1=old /2=new', '/1=old /tmp=new', '/2=new', '/tmp=new']);
});

test('changes of one name stay in order', () => {
  const fileSystem = disk({ '/a': '1' });
  fileSystem.rename('/a', '/b');
  fileSystem.open('/a', 'create').close();
  fileSystem.rename('/b', '/c');
  expect(outcomes(fileSystem, (after) => after.paths().join(' '))).toEqual(['/a', '/a /b', '/a /c', '/b', '/c']);
  for (const outcome of outcomes(fileSystem, everything)) expect(outcome).toContain('=1');
});

test('a new directory needs the one above it to be synced', async () => {
  const fileSystem = disk();
  fileSystem.makeDirectory('/x/y');
  fileSystem.open('/x/y/a', 'create').close();
  await fileSystem.syncDirectory('/x/y');
  await fileSystem.syncDirectory('/x');
  expect(outcomes(fileSystem, (after) => after.paths().join(' '))).toEqual(['', '/x/y/a']);
  await fileSystem.syncDirectory('/');
  expect(outcomes(fileSystem, (after) => after.paths().join(' '))).toEqual(['/x/y/a']);
});

test('removing a directory can stop anywhere, and is whole once the one above is synced', async () => {
  const fileSystem = disk({ '/x/a': '', '/x/b': '', '/x/y/c': '', '/z': '' });
  fileSystem.removeDirectory('/x');
  const seen = outcomes(fileSystem, (after) => after.paths().join(' '));
  expect(seen).toEqual(expect.arrayContaining(['/z', '/x/a /x/b /x/y/c /z', '/x/b /x/y/c /z', '/x/a /z']));
  await fileSystem.syncDirectory('/');
  expect(outcomes(fileSystem, (after) => after.paths().join(' '))).toEqual(['/z']);
  fileSystem.makeDirectory('/x');
  expect(outcomes(fileSystem, (after) => after.list('/x').join(' '))).toEqual(['']);
});

test.each(['/from', '/to'])(
  'moving between directories is old or new, and new once %s is synced',
  async (directory) => {
    const fileSystem = disk({ '/from/a': 'moved', '/to/a': 'replaced', '/to/b': '' });
    fileSystem.remove('/to/a');
    fileSystem.rename('/from/a', '/to/a');
    fileSystem.remove('/to/b');
    expect(outcomes(fileSystem, (after) => everything(after).replace(' /to/b=', ''))).toEqual([
      '/from/a=moved',
      '/from/a=moved /to/a=replaced',
      '/to/a=moved',
    ]);
    await fileSystem.syncDirectory(directory);
    const left = directory === '/to' ? ['/to/a=moved'] : ['/to/a=moved', '/to/a=moved /to/b='];
    expect(outcomes(fileSystem, everything)).toEqual(left);
  },
);

test('a clone loses what its original would, also of what was already moved and removed', () => {
  const fileSystem = disk({ '/x/a': '1', '/x/b': '2' });
  const file = fileSystem.open('/x/a', 'append');
  file.append(bytesOf('+'));
  fileSystem.rename('/x/a', '/x/c');
  fileSystem.removeDirectory('/x');
  const expected = outcomes(fileSystem, everything);
  expect(expected.length).toBeGreaterThan(3);
  expect(outcomes(fileSystem.clone().clone(), everything)).toEqual(expected);
});

const NAMES = ['/d/a', '/d/b', '/d/c'];

interface Step {
  readonly kind: 'append' | 'writeAt' | 'truncate' | 'replace' | 'remove' | 'sync' | 'syncDirectory' | 'kill';
  readonly name: string;
  readonly size: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    'append',
    'append',
    'writeAt',
    'truncate',
    'replace',
    'remove',
    'sync',
    'syncDirectory',
    'kill',
  ),
  name: fc.constantFrom(...NAMES),
  size: fc.nat({ max: 6000 }),
});

/** Does one thing to a file, which it makes if need be. */
async function take(fileSystem: SimulatedFileSystem, { kind, name, size }: Step): Promise<void> {
  if (kind === 'kill') return fileSystem.kill();
  if (kind === 'syncDirectory') return fileSystem.syncDirectory('/d');
  const file = fileSystem.open(name, fileSystem.exists(name) ? 'append' : 'create');
  const bytes = new Uint8Array(size).fill(1 + (size % 255));
  if (kind === 'append') file.append(bytes);
  else if (kind === 'writeAt') file.writeAt(Math.min(size, file.byteLength()), bytes);
  else if (kind === 'truncate') file.truncate(Math.min(size, file.byteLength()));
  else if (kind === 'sync') await file.sync();
  else if (kind === 'remove') fileSystem.remove(name);
  else {
    const aside = fileSystem.open('/d/aside', 'create');
    aside.append(bytes);
    await aside.sync();
    fileSystem.rename('/d/aside', name);
  }
}

async function syncAll(fileSystem: SimulatedFileSystem): Promise<void> {
  for (const path of fileSystem.paths()) await fileSystem.open(path, 'append').sync();
  for (const path of ['/', '/d']) await fileSystem.syncDirectory(path);
}

const contentOf = (fileSystem: SimulatedFileSystem, path: string): string | undefined =>
  fileSystem.exists(path) ? Buffer.from(fileSystem.readFile(path)).toString('latin1') : undefined;

test('whatever was done: what was synced and not touched since is as it was', async () => {
  let untouchedCount = 0;
  const steps = (maxLength: number): fc.Arbitrary<Step[]> => fc.array(step, { maxLength });
  await fc.assert(
    fc.asyncProperty(steps(25), steps(8), fc.nat(), async (before, after, seed) => {
      const fileSystem = disk();
      fileSystem.makeDirectory('/d');
      for (const each of before) await take(fileSystem, each);
      await syncAll(fileSystem);
      const synced = fileSystem.clone();
      for (const each of after) await take(fileSystem, each);
      fileSystem.crash(new Prng(seed));
      const touched = after.filter(({ kind }) => !/sync|kill/.test(kind)).map(({ name }) => name);
      const left = NAMES.filter((name) => synced.exists(name) && !touched.includes(name));
      untouchedCount += left.length;
      expect(left.map((name) => contentOf(fileSystem, name))).toEqual(left.map((name) => contentOf(synced, name)));
    }),
    { seed: 12, numRuns: 300 },
  );
  expect(untouchedCount).toBeGreaterThan(100);
});

test('whatever was done: syncing all of it afterwards makes what is seen durable', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(), async (steps, seed) => {
      const fileSystem = disk();
      fileSystem.makeDirectory('/d');
      for (const each of steps) await take(fileSystem, each);
      await syncAll(fileSystem);
      const seen = everything(fileSystem);
      fileSystem.kill();
      expect(everything(fileSystem)).toBe(seen);
      fileSystem.crash(new Prng(seed));
      expect(everything(fileSystem)).toBe(seen);
    }),
    { seed: 13, numRuns: 300 },
  );
});
