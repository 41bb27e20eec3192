/**
 * The simulated disk where it differs from a well-behaved one: faults, a full disk, syncs that wait, the death of the
 * process, copies. What a power loss does is in `power-loss.test.ts`, and what any file system does in
 * `base/file-system.test.ts`.
 */
import { expect, test } from 'vitest';
import type { FileSystem, OpenFile } from '../../../src/base/file-system.ts';
import { Prng } from '../../../src/base/prng.ts';
import type { DiskCall, DiskFault } from '../../../src/testing/disk-fault.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const failsWith = (code: string): unknown => expect.objectContaining({ code });

function fileWith(fileSystem: FileSystem, path: string, text: string): OpenFile {
  const file = fileSystem.open(path, 'create');
  file.append(bytesOf(text));
  return file;
}

/** Whether a promise has settled, and how, once all that is due has happened. */
async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'resolved' | 'rejected'> {
  let state: 'pending' | 'resolved' | 'rejected' = 'pending';
  promise.then(
    () => (state = 'resolved'),
    () => (state = 'rejected'),
  );
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return state;
}

/** The outcome of a power loss that loses the most, found among many. */
function worstCrash(fileSystem: SimulatedFileSystem): SimulatedFileSystem {
  const outcomes = Array.from({ length: 64 }, (_, seed) => {
    const after = fileSystem.clone();
    after.crash(new Prng(seed));
    return after;
  });
  const sizeOf = (after: SimulatedFileSystem): number =>
    after.paths().reduce((sum, path) => sum + 1 + after.readFile(path).length, 0);
  return outcomes.reduce((worst, after) => (sizeOf(after) < sizeOf(worst) ? after : worst));
}

/** What each operation does on a disk with the file /d/a, which holds `abc`. */
const OPERATIONS: Readonly<Record<string, (fileSystem: FileSystem, file: OpenFile) => unknown>> = {
  makeDirectory: (fileSystem) => fileSystem.makeDirectory('/e'),
  list: (fileSystem) => fileSystem.list('/d'),
  exists: (fileSystem) => fileSystem.exists('/d/a'),
  open: (fileSystem) => fileSystem.open('/d/b', 'create'),
  rename: (fileSystem) => fileSystem.rename('/d/a', '/d/b'),
  remove: (fileSystem) => fileSystem.remove('/d/a'),
  removeDirectory: (fileSystem) => fileSystem.removeDirectory('/d'),
  append: (_, file) => file.append(bytesOf('defg')),
  writeAt: (_, file) => file.writeAt(1, bytesOf('XY')),
  readAt: (_, file) => file.readAt(0, 3),
  truncate: (_, file) => file.truncate(1),
  sync: (_, file) => file.sync(),
  syncDirectory: (fileSystem) => fileSystem.syncDirectory('/d'),
};

function diskWithFile(): { fileSystem: SimulatedFileSystem; file: OpenFile } {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  fileSystem.makeDirectory('/d');
  return { fileSystem, file: fileWith(fileSystem, '/d/a', 'abc') };
}

/** Runs one operation, synchronous or not, with a fault or without, and gives its error code. */
async function codeOf(
  operation: string,
  fault: DiskFault | undefined,
): Promise<[string | undefined, string, DiskCall[]]> {
  const { fileSystem, file } = diskWithFile();
  const calls: DiskCall[] = [];
  fileSystem.fault = (call) => {
    calls.push(call);
    return fault;
  };
  let code: string | undefined;
  try {
    await OPERATIONS[operation](fileSystem, file);
  } catch (error) {
    ({ code } = error as NodeJS.ErrnoException);
  }
  const files = fileSystem.paths().map((path) => `${path}:${textOf(fileSystem.readFile(path))}`);
  return [code, files.join(' '), calls];
}

test.each(Object.keys(OPERATIONS))('%s is one call, which can fail and then has done nothing', async (operation) => {
  const number = diskWithFile().fileSystem.callCount + 1;
  const [none, , calls] = await codeOf(operation, undefined);
  expect(none).toBeUndefined();
  expect(calls).toEqual([{ number, operation, path: expect.stringMatching(/^\/[de]/) }]);
  for (const fault of ['EIO', 'ENOSPC', 'EMFILE'] as const) {
    expect(await codeOf(operation, fault)).toEqual([fault, '/d/a:abc', calls]);
  }
  expect((await codeOf(operation, 'short'))[0]).toBe('ENOSPC');
});

test('errors look like those of the system', () => {
  const fileSystem = new SimulatedFileSystem();
  expect(() => fileSystem.open('/none', 'read')).toThrow(
    expect.objectContaining({ code: 'ENOENT', errno: -2, syscall: 'open', path: '/none', name: 'Error' }),
  );
});

test('a short write does half and then fails; another can follow', async () => {
  expect((await codeOf('append', 'short'))[1]).toBe('/d/a:abcde');
  expect((await codeOf('writeAt', 'short'))[1]).toBe('/d/a:aXc');
  const { fileSystem, file } = diskWithFile();
  fileSystem.fault = () => 'short';
  expect(() => file.append(bytesOf('d'))).toThrow(failsWith('ENOSPC'));
  fileSystem.fault = undefined;
  file.append(bytesOf('efg'));
  expect(textOf(fileSystem.readFile('/d/a'))).toBe('abcefg');
});

test('a full disk takes what there is room for, and more when room is made', () => {
  const fileSystem = new SimulatedFileSystem({ capacityBytes: 10 });
  const file = fileWith(fileSystem, '/a', 'abcdef');
  const other = fileWith(fileSystem, '/b', '12');
  expect(() => other.append(bytesOf('345'))).toThrow(failsWith('ENOSPC'));
  expect(textOf(fileSystem.readFile('/b'))).toBe('1234');
  file.writeAt(4, bytesOf('EF'));
  expect(() => file.writeAt(5, bytesOf('FG'))).toThrow(failsWith('ENOSPC'));
  expect(() => file.append(bytesOf('G'))).toThrow(failsWith('ENOSPC'));
  expect(textOf(fileSystem.readFile('/a'))).toBe('abcdEF');
  fileSystem.remove('/b');
  file.append(bytesOf('GHIJ'));
  fileSystem.capacityBytes = 5;
  file.writeAt(7, bytesOf('h'));
  file.writeAt(0, bytesOf('A'));
  expect(textOf(fileSystem.readFile('/a'))).toBe('AbcdEFGhIJ');
  file.truncate(4);
  file.append(bytesOf('!'));
  expect(textOf(fileSystem.readFile('/a'))).toBe('Abcd!');
});

test('syncs wait until they are ended, in any order, and cover what was written before they were called', async () => {
  const fileSystem = new SimulatedFileSystem();
  const entry = fileSystem.syncDirectory('/');
  const file = fileWith(fileSystem, '/a', 'one');
  const [first, root] = [file.sync(), fileSystem.syncDirectory('/')];
  file.append(bytesOf('two'));
  const second = file.sync();
  file.append(bytesOf('three'));
  expect(fileSystem.pendingSyncCount).toBe(4);
  expect(fileSystem.pendingSyncs.map(({ operation, path }) => `${operation} ${path}`)).toEqual([
    'syncDirectory /',
    'sync /a',
    'syncDirectory /',
    'sync /a',
  ]);
  fileSystem.completeSync(0);
  await entry;
  expect(worstCrash(fileSystem).paths()).toEqual([]);
  fileSystem.completeSync(1);
  await root;
  expect(textOf(worstCrash(fileSystem).readFile('/a'))).toBe('');
  const earlier = fileSystem.clone();
  fileSystem.completeSync(1);
  await second;
  expect(textOf(worstCrash(fileSystem).readFile('/a'))).toBe('onetwo');
  expect(await stateOf(first)).toBe('pending');
  fileSystem.completeAllSyncs();
  await first;
  expect(textOf(worstCrash(fileSystem).readFile('/a'))).toBe('onetwo');
  expect(fileSystem.pendingSyncCount).toBe(0);
  expect(() => fileSystem.completeSync(0)).toThrow('none has the index 0');
  expect(textOf(worstCrash(earlier).readFile('/a'))).toBe('');
});

test('with autoSync they end by themselves, but not within the call', async () => {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  const file = fileWith(fileSystem, '/a', 'abc');
  const syncs = [file.sync(), fileSystem.syncDirectory('/')];
  file.append(bytesOf('d'));
  expect(fileSystem.pendingSyncCount).toBe(2);
  await Promise.all(syncs);
  expect(fileSystem.pendingSyncCount).toBe(0);
  expect(textOf(worstCrash(fileSystem).readFile('/a'))).toBe('abc');
});

test.each(['kill', 'crash'] as const)('after a %s handles are dead and pending syncs never end', async (how) => {
  for (const autoSync of [false, true]) {
    const fileSystem = new SimulatedFileSystem({ autoSync });
    const file = fileWith(fileSystem, '/a', 'abc');
    const syncs = [file.sync(), fileSystem.syncDirectory('/')];
    if (how === 'kill') fileSystem.kill();
    else fileSystem.crash(new Prng(1));
    expect(fileSystem.pendingSyncCount).toBe(0);
    expect(await Promise.all(syncs.map(stateOf))).toEqual(['pending', 'pending']);
    expect(() => file.append(bytesOf('d'))).toThrow(failsWith('EBADF'));
    expect(() => file.readAt(0, 1)).toThrow(failsWith('EBADF'));
    expect(() => file.truncate(0)).toThrow(failsWith('EBADF'));
    expect(() => file.byteLength()).toThrow(failsWith('EBADF'));
    await expect(file.sync()).rejects.toThrow(failsWith('EBADF'));
    file.close();
  }
});

test('a kill keeps all that was written, but makes nothing of it durable', async () => {
  const fileSystem = new SimulatedFileSystem();
  fileWith(fileSystem, '/a', 'abc');
  fileSystem.kill();
  expect(textOf(fileSystem.readFile('/a'))).toBe('abc');
  expect(worstCrash(fileSystem).paths()).toEqual([]);
  const syncs = [fileSystem.open('/a', 'append').sync(), fileSystem.syncDirectory('/')];
  fileSystem.completeAllSyncs();
  await Promise.all(syncs);
  expect(textOf(worstCrash(fileSystem).readFile('/a'))).toBe('abc');
});

/** A durable file `/a` with `abc`, to which `def` was added, and the sync of that has failed. */
async function afterFailedSync(): Promise<{ fileSystem: SimulatedFileSystem; file: OpenFile }> {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  fileSystem.writeFile('/a', bytesOf('abc'));
  const file = fileSystem.open('/a', 'append');
  file.append(bytesOf('def'));
  fileSystem.fault = ({ operation }) => (operation === 'sync' ? 'EIO' : undefined);
  await expect(file.sync()).rejects.toThrow(failsWith('EIO'));
  fileSystem.fault = undefined;
  return { fileSystem, file };
}

test('what a failed sync should have written is seen, and may be durable or not', async () => {
  const { fileSystem } = await afterFailedSync();
  expect(textOf(fileSystem.readFile('/a'))).toBe('abcdef');
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 64; seed++) {
    const after = fileSystem.clone();
    after.crash(new Prng(seed));
    outcomes.add(textOf(after.readFile('/a')));
  }
  expect([...outcomes]).toEqual(expect.arrayContaining(['abc', 'abcdef']));
  for (const outcome of outcomes) expect(outcome.slice(0, 3)).toBe('abc');
});

test('whoever syncs a file again whose sync has failed is found out (I9)', async () => {
  const { fileSystem, file } = await afterFailedSync();
  expect(fileSystem.violations).toEqual([]);
  await expect(file.sync()).rejects.toThrow('after one has failed (I9)');
  fileSystem.rename('/a', '/b');
  await expect(fileSystem.open('/b', 'read').sync()).rejects.toThrow('after one has failed (I9)');
  expect(fileSystem.violations).toEqual([
    'sync of /a after one has failed (I9)',
    'sync of /b after one has failed (I9)',
  ]);
  const fresh = fileWith(fileSystem, '/a', 'xyz');
  await expect(fresh.sync()).resolves.toBeUndefined();
  expect(fileSystem.violations).toHaveLength(2);
});

test('a later process is told that all is well, which is a lie', async () => {
  const { fileSystem } = await afterFailedSync();
  fileSystem.kill();
  const file = fileSystem.open('/a', 'append');
  expect(file.byteLength()).toBe(6);
  await expect(file.sync()).resolves.toBeUndefined();
  expect(fileSystem.violations).toEqual([]);
  for (let seed = 0; seed < 64; seed++) {
    const after = fileSystem.clone();
    after.crash(new Prng(seed));
    expect(textOf(after.readFile('/a'))).toBe('abc');
  }
  file.append(bytesOf('ghi'));
  await file.sync();
  expect(textOf(worstCrash(fileSystem).readFile('/a'))).toBe('abc\0\0\0ghi');
});

test('syncs that were under way when one of the same file failed do not succeed', async () => {
  const fileSystem = new SimulatedFileSystem();
  const file = fileWith(fileSystem, '/a', 'abc');
  const syncs = [file.sync(), file.sync(), file.sync()];
  const endings = Promise.allSettled(syncs);
  fileSystem.completeSync(0);
  fileSystem.completeSync(0, 'ENOSPC');
  fileSystem.completeSync(0);
  expect((await endings).map((ending) => (ending.status === 'rejected' ? ending.reason : 'resolved'))).toEqual([
    'resolved',
    failsWith('ENOSPC'),
    failsWith('EIO'),
  ]);
  expect(fileSystem.violations).toEqual([]);
});

test('a directory that could not be synced must not be synced again, either', async () => {
  const fileSystem = new SimulatedFileSystem({
    autoSync: true,
    fault: ({ operation }) => (operation === 'syncDirectory' ? 'EIO' : undefined),
  });
  fileWith(fileSystem, '/a', '');
  await expect(fileSystem.syncDirectory('/')).rejects.toThrow(failsWith('EIO'));
  fileSystem.fault = undefined;
  await expect(fileSystem.syncDirectory('/')).rejects.toThrow('(I9)');
  expect(fileSystem.violations).toEqual(['syncDirectory of / after one has failed (I9)']);
  expect(worstCrash(fileSystem).paths()).toEqual([]);
  fileSystem.kill();
  await fileSystem.syncDirectory('/');
  expect(worstCrash(fileSystem).paths()).toEqual(['/a']);
});

test('a sync for which there is no descriptor was none, and may be tried again', async () => {
  const fileSystem = new SimulatedFileSystem({ autoSync: true, fault: () => undefined });
  const file = fileWith(fileSystem, '/a', 'abc');
  fileSystem.fault = () => 'EMFILE';
  await expect(file.sync()).rejects.toThrow(failsWith('EMFILE'));
  await expect(fileSystem.syncDirectory('/')).rejects.toThrow(failsWith('EMFILE'));
  fileSystem.fault = undefined;
  await Promise.all([file.sync(), fileSystem.syncDirectory('/')]);
  expect(fileSystem.violations).toEqual([]);
  expect(textOf(worstCrash(fileSystem).readFile('/a'))).toBe('abc');
});

test('a clone has the same disk, and neither handles nor faults nor a share in what happens later', async () => {
  const fileSystem = new SimulatedFileSystem({ capacityBytes: 100 });
  fileSystem.makeDirectory('/d/e');
  const file = fileWith(fileSystem, '/d/e/a', 'abc');
  const sync = file.sync();
  fileSystem.fault = () => 'EIO';
  const copy = fileSystem.clone();
  fileSystem.fault = undefined;
  expect([copy.callCount, copy.pendingSyncCount, copy.capacityBytes]).toEqual([0, 0, 100]);
  file.append(bytesOf('d'));
  copy.open('/d/e/a', 'append').append(bytesOf('XYZ'));
  copy.rename('/d/e', '/d/f');
  expect(textOf(copy.readFile('/d/f/a'))).toBe('abcXYZ');
  expect(textOf(fileSystem.readFile('/d/e/a'))).toBe('abcd');
  copy.crash(new Prng(3));
  fileSystem.completeSync(0);
  await expect(sync).resolves.toBeUndefined();
  expect(textOf(file.readAt(0, 9))).toBe('abcd');
});

test('what is done to the one of two copies is never durable in the other', async () => {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  fileSystem.writeFile('/x/a', bytesOf('abc'));
  const file = fileSystem.open('/x/a', 'append');
  fileSystem.open('/x/b', 'create').close();
  const copy = fileSystem.clone();
  file.append(bytesOf('def'));
  copy.makeDirectory('/z');
  copy.open('/z/c', 'create').close();
  await copy.syncDirectory('/');
  await copy.syncDirectory('/z');
  for (let seed = 0; seed < 64; seed++) {
    const after = copy.clone();
    after.crash(new Prng(seed));
    expect(textOf(after.readFile('/x/a'))).toBe('abc');
  }
  expect(worstCrash(copy).paths()).toEqual(['/x/a', '/z/c']);
});

test('a test reads, makes and damages files behind the disk, durably', () => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.writeFile('/x/y/b', bytesOf('abc'));
  fileSystem.writeFile('/x/a', bytesOf(''));
  fileSystem.writeFile('/x/y/b', bytesOf('ABCD'));
  expect(fileSystem.paths()).toEqual(['/x/a', '/x/y/b']);
  fileSystem.readFile('/x/y/b').fill(0);
  expect(textOf(fileSystem.readFile('/x/y/b'))).toBe('ABCD');
  expect(() => fileSystem.readFile('/x/none')).toThrow(failsWith('ENOENT'));
  expect(fileSystem.callCount).toBe(0);
  const handle = fileSystem.open('/x/a', 'append');
  handle.append(bytesOf('unsynced'));
  fileSystem.writeFile('/x/a', bytesOf('damaged'));
  expect(textOf(handle.readAt(0, 99))).toBe('damaged');
  const after = worstCrash(fileSystem);
  expect(after.paths().map((path) => textOf(after.readFile(path)))).toEqual(['damaged', 'ABCD']);
});

test('paths mean the same however they are written', () => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('data');
  fileWith(fileSystem, 'data/./x/../a', 'abc');
  expect(fileSystem.paths()).toEqual(['/data/a']);
  expect(fileSystem.exists('\\data\\a')).toBe(true);
  expect(fileSystem.list('/data/')).toEqual(['a']);
  expect(() => fileSystem.open('/', 'read')).toThrow(failsWith('EINVAL'));
});
