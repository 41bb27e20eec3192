/**
 * The contract of FileSystem, on the machine's own and on the simulated one: the same checks by hand, and then the same
 * random calls on both, which must do the same.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FileSystem, OpenFile, OpenMode } from '../../../src/base/file-system.ts';
import { NodeFileSystem } from '../../../src/base/node-file-system.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';

interface Ground {
  readonly fileSystem: FileSystem;
  /** An empty directory. */
  readonly root: string;
}

function machine(): Ground {
  const root = mkdtempSync(join(tmpdir(), 'millrace-file-system-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return { fileSystem: new NodeFileSystem(), root };
}

function simulation(): Ground {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  fileSystem.makeDirectory('/data');
  return { fileSystem, root: '/data' };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const content = (file: OpenFile): string => new TextDecoder().decode(file.readAt(0, file.byteLength()));

function withCode(code: string): unknown {
  return expect.objectContaining({ code });
}

describe.each([
  ['the machine', machine],
  ['the simulation', simulation],
])('%s', (_name, ground) => {
  function fileWith({ fileSystem, root }: Ground, text: string, name = 'a'): OpenFile {
    const file = fileSystem.open(join(root, name), 'create');
    file.append(bytesOf(text));
    return file;
  }

  function read({ fileSystem, root }: Ground, name: string): string {
    const file = fileSystem.open(join(root, name), 'read');
    try {
      return content(file);
    } finally {
      file.close();
    }
  }

  test('appends at the end and reads anywhere, less only at the end', () => {
    const file = fileWith(ground(), 'abc');
    file.append(bytesOf('defg'));
    file.append(new Uint8Array(0));
    expect(file.byteLength()).toBe(7);
    expect(content(file)).toBe('abcdefg');
    expect([...file.readAt(2, 3)]).toEqual([...bytesOf('cde')]);
    expect([...file.readAt(5, 100)]).toEqual([...bytesOf('fg')]);
    expect(file.readAt(7, 1)).toHaveLength(0);
    expect(file.readAt(50, 1)).toHaveLength(0);
    expect(file.readAt(0, 0)).toHaveLength(0);
    file.close();
  });

  test('what is read is a copy, and what is written was one', () => {
    const file = fileWith(ground(), '');
    const bytes = bytesOf('abc');
    file.append(bytes);
    bytes.fill(0);
    file.readAt(0, 3).fill(0);
    expect(content(file)).toBe('abc');
    file.close();
  });

  test('takes a part of a larger buffer, and one larger than any page', () => {
    const file = fileWith(ground(), '');
    const large = Uint8Array.from({ length: 100_000 }, (_, index) => index * 7);
    file.append(large.subarray(1, 90_001));
    expect(Buffer.compare(file.readAt(0, 100_000), large.subarray(1, 90_001))).toBe(0);
    file.close();
  });

  test('overwrites in place, over the end, too, but leaves no gap', () => {
    const file = fileWith(ground(), 'abcdef');
    file.writeAt(1, bytesOf('XY'));
    expect(content(file)).toBe('aXYdef');
    file.writeAt(5, bytesOf('123'));
    expect(content(file)).toBe('aXYde123');
    file.writeAt(8, bytesOf('!'));
    expect(() => file.writeAt(10, bytesOf('?'))).toThrow('starts within the file');
    expect(() => file.writeAt(-1, bytesOf('?'))).toThrow('starts within the file');
    expect(content(file)).toBe('aXYde123!');
    file.append(bytesOf('z'));
    expect(content(file)).toBe('aXYde123!z');
    file.close();
  });

  test('truncates, never makes longer, and appends to what is left', () => {
    const file = fileWith(ground(), 'abcdef');
    file.truncate(2);
    file.append(bytesOf('Z'));
    expect(content(file)).toBe('abZ');
    file.truncate(3);
    expect(() => file.truncate(4)).toThrow('never makes a file longer');
    file.truncate(0);
    expect(file.byteLength()).toBe(0);
    file.close();
  });

  test('all handles of a file see the same', () => {
    const here = ground();
    const file = fileWith(here, 'abc');
    const other = here.fileSystem.open(join(here.root, 'a'), 'append');
    other.append(bytesOf('def'));
    file.append(bytesOf('ghi'));
    expect(other.byteLength()).toBe(9);
    expect(content(other)).toBe('abcdefghi');
    expect(read(here, 'a')).toBe('abcdefghi');
    file.close();
    other.close();
  });

  test('opens as told: creates what is not there, and nothing else does', () => {
    const here = ground();
    const path = join(here.root, 'a');
    expect(() => here.fileSystem.open(path, 'append')).toThrow(withCode('ENOENT'));
    expect(() => here.fileSystem.open(path, 'read')).toThrow(withCode('ENOENT'));
    const file = fileWith(here, 'abc');
    expect(file.path).toBe(path);
    file.close();
    expect(() => here.fileSystem.open(path, 'create')).toThrow(withCode('EEXIST'));
    expect(() => here.fileSystem.open(here.root, 'append')).toThrow(withCode('EISDIR'));
    expect(() => here.fileSystem.open(join(here.root, 'none', 'a'), 'create')).toThrow(withCode('ENOENT'));
    expect(() => here.fileSystem.open(join(path, 'b'), 'create')).toThrow(withCode('ENOTDIR'));
    expect(read(here, 'a')).toBe('abc');
  });

  test('a handle for reading does not write', () => {
    const here = ground();
    fileWith(here, 'abc').close();
    const file = here.fileSystem.open(join(here.root, 'a'), 'read');
    expect(() => file.append(bytesOf('d'))).toThrow(withCode('EBADF'));
    expect(() => file.writeAt(0, bytesOf('d'))).toThrow(withCode('EBADF'));
    expect(() => file.truncate(1)).toThrow(withCode('EINVAL'));
    expect(content(file)).toBe('abc');
    file.close();
  });

  test('a closed handle is of no use, and closing twice does nothing', async () => {
    const file = fileWith(ground(), 'abc');
    file.close();
    file.close();
    expect(() => file.append(bytesOf('d'))).toThrow('is closed');
    expect(() => file.readAt(0, 1)).toThrow('is closed');
    expect(() => file.byteLength()).toThrow('is closed');
    await expect(file.sync()).rejects.toThrow('is closed');
  });

  test('syncs files and directories; a sync goes on when its handle is closed', async () => {
    const here = ground();
    const file = fileWith(here, 'abc');
    await expect(file.sync()).resolves.toBeUndefined();
    const syncs = [file.sync(), file.sync()];
    file.close();
    await expect(Promise.all(syncs)).resolves.toEqual([undefined, undefined]);
    await expect(here.fileSystem.syncDirectory(here.root)).resolves.toBeUndefined();
    await expect(here.fileSystem.syncDirectory(join(here.root, 'none'))).rejects.toThrow(withCode('ENOENT'));
    await expect(here.fileSystem.syncDirectory(join(here.root, 'a'))).rejects.toThrow(withCode('ENOTDIR'));
  });

  test('makes directories with those above, and lists them sorted by code unit', () => {
    const here = ground();
    const { fileSystem, root } = here;
    fileSystem.makeDirectory(join(root, 'x', 'y', 'z'));
    fileSystem.makeDirectory(join(root, 'x', 'y'));
    for (const name of ['b', 'B', 'a10', 'a9', 'é']) fileWith(here, '', name).close();
    expect(fileSystem.list(root)).toEqual(['B', 'a10', 'a9', 'b', 'x', 'é']);
    expect(fileSystem.list(join(root, 'x'))).toEqual(['y']);
    expect(fileSystem.list(join(root, 'none'))).toEqual([]);
    expect(() => fileSystem.list(join(root, 'b'))).toThrow(withCode('ENOTDIR'));
    expect(() => fileSystem.makeDirectory(join(root, 'b'))).toThrow(withCode('EEXIST'));
    expect(() => fileSystem.makeDirectory(join(root, 'b', 'c'))).toThrow(withCode('ENOTDIR'));
  });

  test('says what exists', () => {
    const here = ground();
    const { fileSystem, root } = here;
    fileWith(here, '').close();
    expect(fileSystem.exists(root)).toBe(true);
    expect(fileSystem.exists(join(root, 'a'))).toBe(true);
    expect(fileSystem.exists(join(root, 'b'))).toBe(false);
    expect(fileSystem.exists(join(root, 'a', 'b'))).toBe(false);
  });

  test('renaming replaces, and an open handle goes along', () => {
    const here = ground();
    const { fileSystem, root } = here;
    const file = fileWith(here, 'new', 'a');
    const replaced = fileWith(here, 'old', 'b');
    fileSystem.rename(join(root, 'a'), join(root, 'b'));
    expect(fileSystem.list(root)).toEqual(['b']);
    file.append(bytesOf('er'));
    expect(read(here, 'b')).toBe('newer');
    expect(content(replaced)).toBe('old');
    fileSystem.rename(join(root, 'b'), join(root, 'b'));
    expect(read(here, 'b')).toBe('newer');
    expect(() => fileSystem.rename(join(root, 'a'), join(root, 'c'))).toThrow(withCode('ENOENT'));
    file.close();
    replaced.close();
  });

  test('renames directories, but not into themselves nor over a full one', () => {
    const here = ground();
    const { fileSystem, root } = here;
    fileSystem.makeDirectory(join(root, 'x', 'y'));
    fileSystem.makeDirectory(join(root, 'empty'));
    fileWith(here, 'abc', join('x', 'y', 'a')).close();
    expect(() => fileSystem.rename(join(root, 'x'), join(root, 'x', 'y', 'z'))).toThrow(withCode('EINVAL'));
    expect(() => fileSystem.rename(join(root, 'empty'), join(root, 'x'))).toThrow(withCode('ENOTEMPTY'));
    expect(() => fileSystem.rename(join(root, 'x', 'y', 'a'), join(root, 'empty'))).toThrow(withCode('EISDIR'));
    fileSystem.rename(join(root, 'x'), join(root, 'empty'));
    fileSystem.rename(join(root, 'empty'), join(root, 'empty'));
    expect(fileSystem.list(root)).toEqual(['empty']);
    expect(read(here, join('empty', 'y', 'a'))).toBe('abc');
  });

  test('removes files and whole directories', () => {
    const here = ground();
    const { fileSystem, root } = here;
    const file = fileWith(here, 'abc');
    fileSystem.makeDirectory(join(root, 'x', 'y'));
    fileWith(here, '', join('x', 'y', 'b')).close();
    expect(() => fileSystem.remove(join(root, 'x'))).toThrow(/^(EISDIR|EPERM)/);
    expect(() => fileSystem.removeDirectory(join(root, 'a'))).toThrow(withCode('ENOTDIR'));
    fileSystem.removeDirectory(join(root, 'a', 'none'));
    fileSystem.remove(join(root, 'a'));
    expect(content(file)).toBe('abc');
    file.close();
    expect(() => fileSystem.remove(join(root, 'a'))).toThrow(withCode('ENOENT'));
    fileSystem.removeDirectory(join(root, 'x'));
    fileSystem.removeDirectory(join(root, 'x'));
    fileSystem.removeDirectory(join(root, 'x', 'y'));
    expect(fileSystem.list(root)).toEqual([]);
  });
});

type Step = (ground: Ground) => unknown;

const NAMES = ['a', 'b', 'd', 'd/a', 'd/e', 'd/e/a'];
const name = fc.constantFrom(...NAMES);
const size = fc.nat({ max: 9 });

/** Opens, does it, closes; so that each step stands for itself. */
function withFile(at: string, mode: OpenMode, use: (file: OpenFile) => unknown): Step {
  return ({ fileSystem, root }) => {
    const file = fileSystem.open(join(root, at), mode);
    try {
      return use(file);
    } finally {
      file.close();
    }
  };
}

const step: fc.Arbitrary<Step> = fc.oneof(
  name.map(
    (at): Step =>
      ({ fileSystem, root }) =>
        fileSystem.makeDirectory(join(root, at)),
  ),
  name.map(
    (at): Step =>
      ({ fileSystem, root }) =>
        fileSystem.list(join(root, at)),
  ),
  name.map(
    (at): Step =>
      ({ fileSystem, root }) =>
        fileSystem.remove(join(root, at)),
  ),
  name.map(
    (at): Step =>
      ({ fileSystem, root }) =>
        fileSystem.removeDirectory(join(root, at)),
  ),
  fc.tuple(name, name).map(
    ([from, to]): Step =>
      ({ fileSystem, root }) =>
        fileSystem.rename(join(root, from), join(root, to)),
  ),
  fc.tuple(name, size).map(([at, n]) => withFile(at, 'create', (file) => file.append(new Uint8Array(n).fill(n)))),
  fc.tuple(name, size).map(([at, n]) => withFile(at, 'append', (file) => file.append(new Uint8Array(n).fill(n)))),
  fc
    .tuple(name, size, size)
    .map(([at, n, offset]) => withFile(at, 'append', (file) => file.writeAt(offset, new Uint8Array(n).fill(n)))),
  fc.tuple(name, size).map(([at, n]) => withFile(at, 'append', (file) => file.truncate(n))),
  fc.tuple(name, size).map(([at, n]) => withFile(at, 'append', (file) => [...file.readAt(n, 5)])),
);

function outcome(take: () => unknown): unknown {
  try {
    return take();
  } catch (error) {
    return `failed: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
  }
}

function contents({ fileSystem, root }: Ground): unknown[] {
  return NAMES.map((at) => [
    at,
    fileSystem.exists(join(root, at)),
    outcome(() => withFile(at, 'append', (file) => [...file.readAt(0, file.byteLength())])({ fileSystem, root })),
  ]);
}

// The codes of some refusals are the system's own affair; here it is Linux that is simulated.
test.runIf(process.platform === 'linux')('any calls do the same on the machine and in the simulation', () => {
  const real = machine();
  const simulated = simulation();
  let run = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const sub = String(run++);
      const grounds = [real, simulated].map(({ fileSystem, root }) => ({ fileSystem, root: join(root, sub) }));
      for (const { fileSystem, root } of grounds) fileSystem.makeDirectory(root);
      const [expected, actual] = grounds.map((ground) => steps.map((take) => outcome(() => take(ground))));
      expect(actual).toEqual(expected);
      expect(contents(grounds[1])).toEqual(contents(grounds[0]));
    }),
    { seed: 11, numRuns: 300 },
  );
});
