/**
 * What the machine's file system does beyond the contract: private files, writes that come back short, and syncs that
 * fail once and are never tried again (I9). The calls that have to fail are stand-ins; the disk below them is real.
 */
import fs, { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SystemCalls } from '../../../src/base/node-file.ts';
import { NodeFileSystem } from '../../../src/base/node-file-system.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-node-file-system-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

type Done = (error: NodeJS.ErrnoException | null) => void;

/** Real calls, but syncs wait in a list until the test ends them. */
class HeldSyncs implements SystemCalls {
  readonly writeSync: SystemCalls['writeSync'] = fs.writeSync;
  readonly held: { readonly descriptor: number; readonly done: Done }[] = [];
  callCount = 0;

  fdatasync(descriptor: number, done: Done): void {
    this.callCount++;
    this.held.push({ descriptor, done });
  }

  fsync(descriptor: number, done: Done): void {
    this.fdatasync(descriptor, done);
  }

  end(code?: string): void {
    const sync = this.held.shift();
    if (sync === undefined) throw new Error('no sync is under way');
    sync.done(code === undefined ? null : Object.assign(new Error(`${code}: told to fail`), { code }));
  }
}

const failsWith = (code: string): unknown => expect.objectContaining({ code });
const NEVER_AGAIN: unknown = expect.objectContaining({
  code: 'EIO',
  message: expect.stringContaining('is not synced again'),
  cause: expect.objectContaining({ message: 'EIO: told to fail' }),
});

/** A file whose sync has failed. */
async function poisoned(): Promise<{ calls: HeldSyncs; fileSystem: NodeFileSystem; folder: string; path: string }> {
  const calls = new HeldSyncs();
  const fileSystem = new NodeFileSystem({ calls });
  const folder = scratch();
  const path = join(folder, 'a');
  const file = fileSystem.open(path, 'create');
  const sync = file.sync();
  calls.end('EIO');
  await expect(sync).rejects.toThrow('EIO: told to fail');
  file.close();
  return { calls, fileSystem, folder, path };
}

/** Whether opening this file and syncing it reaches the disk. */
async function isSynced(fileSystem: NodeFileSystem, calls: HeldSyncs, path: string): Promise<boolean> {
  const before = calls.callCount;
  const file = fileSystem.open(path, 'append');
  const sync = file.sync();
  if (calls.held.length > 0) calls.end();
  file.close();
  const ending = await sync.then(
    () => 'synced',
    () => 'refused',
  );
  expect(ending).toBe(calls.callCount === before ? 'refused' : 'synced');
  return ending === 'synced';
}

test.skipIf(process.platform === 'win32')('files and directories are for their owner alone', () => {
  const fileSystem = new NodeFileSystem();
  const folder = join(scratch(), 'x', 'y');
  fileSystem.makeDirectory(folder);
  fileSystem.open(join(folder, 'a'), 'create').close();
  expect(statSync(join(folder, '..')).mode & 0o777).toBe(0o700);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o600);
});

test('a directory that cannot be made is refused, with what the system says', () => {
  const fileSystem = new NodeFileSystem();
  const folder = scratch();
  fileSystem.open(join(folder, 'file'), 'create').close();
  expect(() => fileSystem.makeDirectory(join(folder, 'file'))).toThrow('EEXIST');
  expect(() => fileSystem.makeDirectory(join(folder, 'file', 'x'))).toThrow('ENOTDIR');
});

test.skipIf(process.platform !== 'linux')('and so is one in a place that takes none', () => {
  expect(() => new NodeFileSystem().makeDirectory('/proc/x/y')).toThrow('ENOENT');
});

test('goes on writing when the system takes fewer bytes than it is given', () => {
  const lengths: number[] = [];
  const stingy: SystemCalls['writeSync'] = (descriptor, bytes, from, length, offset) => {
    lengths.push(length);
    return fs.writeSync(descriptor, bytes, from, Math.min(length, 3), offset);
  };
  const path = join(scratch(), 'a');
  const file = new NodeFileSystem({
    calls: { fsync: fs.fsync, fdatasync: fs.fdatasync, writeSync: stingy },
  }).open(path, 'create');
  file.append(Buffer.from('abcdefgh'));
  file.writeAt(1, Buffer.from('BCDE'));
  file.append(Buffer.from('i'));
  file.close();
  expect(lengths).toEqual([8, 5, 2, 4, 1, 1]);
  expect(readFileSync(path, 'utf8')).toBe('aBCDEfghi');
});

test.runIf(process.platform === 'linux')('a full disk throws the error of the system', () => {
  const file = new NodeFileSystem().open('/dev/full', 'append');
  expect(() => file.append(Buffer.from('a'))).toThrow(failsWith('ENOSPC'));
  file.close();
});

test.runIf(process.platform === 'linux')('a real sync that fails rejects, and so does the next one', async () => {
  const file = new NodeFileSystem().open('/dev/full', 'append');
  await expect(file.sync()).rejects.toThrow(failsWith('EINVAL'));
  await expect(file.sync()).rejects.toThrow('is not synced again');
  file.close();
});

test('after a failed sync the file is never synced again, through whatever handle and path', async () => {
  const { calls, fileSystem, folder, path } = await poisoned();
  expect(calls.callCount).toBe(1);
  const file = fileSystem.open(path, 'append');
  await expect(file.sync()).rejects.toThrow(NEVER_AGAIN);
  await expect(fileSystem.open(join(folder, '.', 'a'), 'read').sync()).rejects.toThrow(NEVER_AGAIN);
  expect(calls.callCount).toBe(1);
  file.append(Buffer.from('writing still works'));
  expect(file.byteLength()).toBe(19);
});

test('other files are synced as before', async () => {
  const { calls, fileSystem, folder } = await poisoned();
  fileSystem.open(join(folder, 'ab'), 'create').close();
  expect(await isSynced(fileSystem, calls, join(folder, 'ab'))).toBe(true);
});

test('a file that is removed and made anew is a new one, but an old handle stays with the old one', async () => {
  const { calls, fileSystem, path } = await poisoned();
  const old = fileSystem.open(path, 'append');
  fileSystem.remove(path);
  fileSystem.open(path, 'create').close();
  expect(await isSynced(fileSystem, calls, path)).toBe(true);
  await expect(old.sync()).rejects.toThrow(NEVER_AGAIN);
});

type Poisoned = Awaited<ReturnType<typeof poisoned>>;

/** Ways to remove a file and to have another one of its name, with the help of somebody else here and there. */
const REPLACEMENTS: Readonly<Record<string, (there: Poisoned) => void>> = {
  'removed by others, made here': ({ fileSystem, path }) => {
    rmSync(path);
    fileSystem.open(path, 'create').close();
  },
  'removed here, made by others': ({ fileSystem, path }) => {
    fileSystem.remove(path);
    writeFileSync(path, '');
  },
  'removed with its directory': ({ fileSystem, folder, path }) => {
    fileSystem.removeDirectory(folder);
    fileSystem.makeDirectory(folder);
    writeFileSync(path, '');
  },
  'removed with its directory by others': ({ fileSystem, folder, path }) => {
    rmSync(folder, { recursive: true });
    fileSystem.makeDirectory(folder);
    writeFileSync(path, '');
  },
  'renamed, made by others': ({ fileSystem, path }) => {
    fileSystem.rename(path, `${path}.old`);
    writeFileSync(path, '');
  },
  'replaced by one of others': ({ fileSystem, path }) => {
    writeFileSync(`${path}.new`, '');
    fileSystem.rename(`${path}.new`, path);
  },
};

test.each(Object.keys(REPLACEMENTS))('a file that was %s is a new one', async (how) => {
  const there = await poisoned();
  REPLACEMENTS[how](there);
  expect(await isSynced(there.fileSystem, there.calls, there.path)).toBe(true);
});

test('a file is the same after its neighbour was removed, or when it is renamed to its own name', async () => {
  const { calls, fileSystem, folder, path } = await poisoned();
  fileSystem.rename(path, join(folder, 'ab'));
  fileSystem.open(path, 'create').close();
  fileSystem.remove(path);
  fileSystem.rename(join(folder, 'ab'), join(folder, '.', 'ab'));
  expect(await isSynced(fileSystem, calls, join(folder, 'ab'))).toBe(false);
});

test('renaming takes the failure along, and frees the name', async () => {
  const { calls, fileSystem, folder, path } = await poisoned();
  fileSystem.open(join(folder, 'good'), 'create').close();
  fileSystem.rename(path, join(folder, 'bad'));
  fileSystem.rename(join(folder, 'good'), path);
  expect(await isSynced(fileSystem, calls, join(folder, 'bad'))).toBe(false);
  expect(await isSynced(fileSystem, calls, path)).toBe(true);
  fileSystem.rename(path, join(folder, 'bad'));
  expect(await isSynced(fileSystem, calls, join(folder, 'bad'))).toBe(true);
});

test('renaming a directory takes the failures inside along', async () => {
  const { calls, fileSystem, folder } = await poisoned();
  fileSystem.makeDirectory(join(folder, 'x'));
  fileSystem.rename(join(folder, 'a'), join(folder, 'x', 'a'));
  fileSystem.rename(join(folder, 'x'), join(folder, 'y'));
  expect(await isSynced(fileSystem, calls, join(folder, 'y', 'a'))).toBe(false);
});

test('syncs of one file run one after the other, so that a failure is seen by those behind it', async () => {
  const calls = new HeldSyncs();
  const fileSystem = new NodeFileSystem({ calls });
  const path = join(scratch(), 'a');
  const file = fileSystem.open(path, 'create');
  const syncs = [file.sync(), fileSystem.open(path, 'append').sync(), file.sync()];
  const endings = Promise.allSettled(syncs);
  expect(calls.held).toHaveLength(1);
  calls.end();
  await syncs[0];
  await Promise.resolve();
  const late = file.sync().catch(() => 'rejected');
  expect(calls.held).toHaveLength(1);
  calls.end('EIO');
  expect((await endings).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(await late).toBe('rejected');
  expect(calls.callCount).toBe(2);
});

test('a sync starts within the call, so that it runs while the thread sleeps', () => {
  const calls = new HeldSyncs();
  const file = new NodeFileSystem({ calls }).open(join(scratch(), 'a'), 'create');
  void file.sync();
  expect(calls.callCount).toBe(1);
  calls.end();
  file.close();
});

test('a handle closed while its syncs are under way keeps its descriptor until they end', async () => {
  const calls = new HeldSyncs();
  const fileSystem = new NodeFileSystem({ calls });
  const folder = scratch();
  const file = fileSystem.open(join(folder, 'a'), 'create');
  const syncs = [file.sync(), file.sync()];
  file.close();
  const [{ descriptor }] = calls.held;
  const another = fileSystem.open(join(folder, 'b'), 'create');
  expect(fs.fstatSync(descriptor).ino).toBe(statSync(join(folder, 'a')).ino);
  calls.end();
  await syncs[0];
  await Promise.resolve();
  expect(calls.held[0].descriptor).toBe(descriptor);
  expect(fs.fstatSync(descriptor).ino).toBe(statSync(join(folder, 'a')).ino);
  calls.end();
  await syncs[1];
  await expect.poll(() => isOpen(descriptor)).toBe(false);
  another.close();
});

function isOpen(descriptor: number): boolean {
  try {
    return fs.fstatSync(descriptor) !== undefined;
  } catch {
    return false;
  }
}

test('a directory that could not be synced is not synced again, one that could not be opened is', async () => {
  const calls = new HeldSyncs();
  const fileSystem = new NodeFileSystem({ calls, platform: 'linux' });
  const folder = join(scratch(), 'x');
  await expect(fileSystem.syncDirectory(folder)).rejects.toThrow(failsWith('ENOENT'));
  fileSystem.makeDirectory(folder);
  const sync = fileSystem.syncDirectory(folder);
  const { descriptor } = calls.held[0];
  calls.end('EIO');
  await expect(sync).rejects.toThrow('told to fail');
  expect(isOpen(descriptor)).toBe(false);
  await expect(fileSystem.syncDirectory(folder)).rejects.toThrow(NEVER_AGAIN);
  expect(calls.callCount).toBe(1);
});

const NAME_CHANGES: Readonly<Record<string, (fileSystem: NodeFileSystem, folder: string) => void>> = {
  'made a file in it': (fileSystem, folder) => fileSystem.open(join(folder, 'new'), 'create').close(),
  'made a directory in it': (fileSystem, folder) => fileSystem.makeDirectory(join(folder, 'new', 'deep')),
  'removed a file from it': (fileSystem, folder) => fileSystem.remove(join(folder, 'old')),
  'renamed a file in it': (fileSystem, folder) => fileSystem.rename(join(folder, 'old'), join(folder, 'new')),
  'renamed a file out of it': (fileSystem, folder) => fileSystem.rename(join(folder, 'old'), `${folder}-old`),
};

test.each(Object.keys(NAME_CHANGES))('a directory that could not be synced is synced by who has %s', async (how) => {
  const calls = new HeldSyncs();
  const fileSystem = new NodeFileSystem({ calls, platform: 'linux' });
  const folder = join(scratch(), 'x');
  fileSystem.makeDirectory(folder);
  fileSystem.open(join(folder, 'old'), 'create').close();
  const sync = fileSystem.syncDirectory(folder);
  calls.end('EIO');
  await expect(sync).rejects.toThrow('told to fail');
  NAME_CHANGES[how](fileSystem, folder);
  const another = fileSystem.syncDirectory(folder);
  calls.end();
  await expect(another).resolves.toBeUndefined();
});

test('on Windows, where directories cannot be synced, that does nothing', async () => {
  const calls = new HeldSyncs();
  const fileSystem = new NodeFileSystem({ calls, platform: 'win32' });
  await expect(fileSystem.syncDirectory(scratch())).resolves.toBeUndefined();
  expect(calls.callCount).toBe(0);
});
