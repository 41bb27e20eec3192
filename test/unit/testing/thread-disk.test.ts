/**
 * A thread's view of the simulated disk: what it can still do once it is ended, and what a directory that could not be
 * synced means to it and to the thread after it.
 */
import { expect, test } from 'vitest';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { ThreadDisk } from '../../../src/testing/thread-disk.ts';

const BYTES = Uint8Array.of(1, 2, 3);

function settled(promise: Promise<void>): { readonly outcomes: string[] } {
  const outcomes: string[] = [];
  promise.then(
    () => outcomes.push('done'),
    (error: NodeJS.ErrnoException) => outcomes.push(error.code ?? error.message),
  );
  return { outcomes };
}

async function turn(): Promise<void> {
  for (let count = 0; count < 10; count++) await Promise.resolve();
}

test('a living thread writes, reads and syncs', async () => {
  const disk = new SimulatedFileSystem();
  const thread = new ThreadDisk(disk, () => false);
  thread.makeDirectory('/d');
  const file = thread.open('/d/new', 'create');
  file.append(BYTES);
  file.writeAt(1, Uint8Array.of(9));
  file.truncate(2);
  expect([file.byteLength(), [...file.readAt(0, 9)], file.path]).toEqual([2, [1, 9], '/d/new']);
  thread.rename('/d/new', '/d/old');
  expect([thread.exists('/d/old'), thread.list('/d')]).toEqual([true, ['old']]);
  const { outcomes } = settled(file.sync());
  const directory = settled(thread.syncDirectory('/d'));
  disk.completeAllSyncs();
  await turn();
  expect([outcomes, directory.outcomes]).toEqual([['done'], ['done']]);
  thread.remove('/d/old');
  thread.removeDirectory('/d');
  expect(thread.exists('/d')).toBe(false);
});

test('an ended thread can do nothing more, and never hears of what was under way, although it is done', async () => {
  const disk = new SimulatedFileSystem();
  const thread = new ThreadDisk(disk, () => false);
  const file = thread.open('/file', 'create');
  file.append(BYTES);
  const { outcomes } = settled(file.sync());
  const directory = settled(thread.syncDirectory('/'));
  thread.die();
  disk.completeAllSyncs();
  await turn();
  expect([outcomes, directory.outcomes, disk.pendingSyncCount]).toEqual([[], [], 0]);
  const calls: (() => unknown)[] = [
    () => file.append(BYTES),
    () => file.readAt(0, 1),
    () => file.writeAt(0, BYTES),
    () => file.truncate(0),
    () => file.byteLength(),
    () => thread.open('/file', 'read'),
    () => thread.list('/'),
    () => thread.exists('/file'),
    () => thread.rename('/file', '/other'),
    () => thread.remove('/file'),
    () => thread.removeDirectory('/'),
    () => thread.makeDirectory('/d'),
  ];
  for (const call of calls) expect(call).toThrow('the thread is gone');
  await expect(file.sync()).rejects.toThrow('the thread is gone');
  await expect(thread.syncDirectory('/')).rejects.toThrow('the thread is gone');
  expect([...disk.readFile('/file')]).toEqual([1, 2, 3]);
  file.close();
});

test('a directory that could not be synced is refused to that thread, and to no other', async () => {
  const disk = new SimulatedFileSystem({ autoSync: true });
  let isToFail = true;
  const thread = new ThreadDisk(disk, () => isToFail);
  await expect(thread.syncDirectory('/')).rejects.toMatchObject({ code: 'EIO' });
  isToFail = false;
  await expect(thread.syncDirectory('/')).rejects.toMatchObject({ code: 'EIO' });
  await expect(new ThreadDisk(disk, () => false).syncDirectory('/')).resolves.toBeUndefined();
  expect(disk.violations).toEqual([]);
});

test('a file that could not be synced is refused under its name until this thread itself gives that to another', async () => {
  const disk = new SimulatedFileSystem();
  const [main, worker] = [new ThreadDisk(disk, () => false), new ThreadDisk(disk, () => false)];
  const file = main.open('/file', 'create');
  const { outcomes } = settled(file.sync());
  disk.completeSync(0, 'EIO');
  await turn();
  const retry = settled(main.open('/file', 'append').sync());
  // The other thread makes a new file of it, which this one cannot know.
  worker.remove('/file');
  worker.open('/file', 'create').close();
  const unknown = settled(main.open('/file', 'append').sync());
  main.remove('/file');
  worker.open('/file', 'create').close();
  const known = settled(main.open('/file', 'append').sync());
  await turn();
  disk.completeAllSyncs();
  await turn();
  expect([outcomes, retry.outcomes, unknown.outcomes, known.outcomes]).toEqual([['EIO'], ['EIO'], ['EIO'], ['done']]);
  expect(disk.violations).toEqual([]);
});

test('a directory that could not be synced can be again when this thread has changed a name in it', async () => {
  const disk = new SimulatedFileSystem({ autoSync: true });
  let isToFail = true;
  const thread = new ThreadDisk(disk, () => isToFail);
  await expect(thread.syncDirectory('/')).rejects.toMatchObject({ code: 'EIO' });
  isToFail = false;
  thread.open('/new', 'create').close();
  await expect(thread.syncDirectory('/')).resolves.toBeUndefined();
});
