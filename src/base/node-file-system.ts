/**
 * The machine's own file system. One per thread; what it makes is for its user alone. It remembers which files could not
 * be synced, for as long as it lives, and never syncs them again (I9): a path stands for the same file until that is
 * renamed, removed or replaced.
 */
import fs from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import type { FileSystem, OpenFile, OpenMode } from './file-system.ts';
import { NodeFile, type SystemCalls } from './node-file.ts';
import { SyncRecord } from './sync-record.ts';

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_RDWR } = fs.constants;
const FLAGS: Readonly<Record<OpenMode, number>> = {
  create: O_RDWR | O_CREAT | O_EXCL,
  append: O_RDWR,
  read: O_RDONLY,
};

export interface NodeFileSystemOptions {
  readonly calls?: SystemCalls;
  readonly platform?: NodeJS.Platform;
}

export class NodeFileSystem implements FileSystem {
  readonly #calls: SystemCalls;
  /** Windows neither can nor needs to sync a directory. */
  readonly #syncsDirectories: boolean;
  /** By absolute path: what was opened or synced here, and is still there as far as is known. */
  readonly #records = new Map<string, SyncRecord>();

  constructor({ calls = fs, platform = process.platform }: NodeFileSystemOptions = {}) {
    this.#calls = calls;
    this.#syncsDirectories = platform !== 'win32';
  }

  /** Level by level: Node's own recursion never ends where the system says ENOENT although all above is there (`/proc`). */
  makeDirectory(path: string): void {
    const above = dirname(path);
    try {
      fs.mkdirSync(path, { mode: DIRECTORY_MODE });
      this.#forget(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' && statOf(path)?.isDirectory() === true) return;
      if (code !== 'ENOENT' || statOf(above) !== undefined) throw error;
      this.makeDirectory(above);
      this.makeDirectory(path);
    }
  }

  list(path: string): string[] {
    try {
      return fs.readdirSync(path).toSorted();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  exists(path: string): boolean {
    return statOf(path) !== undefined;
  }

  open(path: string, mode: OpenMode): OpenFile {
    const descriptor = fs.openSync(path, FLAGS[mode], FILE_MODE);
    if (mode === 'create') this.#forget(path);
    return new NodeFile(path, descriptor, this.#record(path), this.#calls);
  }

  rename(from: string, to: string): void {
    fs.renameSync(from, to);
    const [source, target] = [resolve(from), resolve(to)];
    if (source === target) return;
    this.#forget(target);
    this.#namesChanged(source);
    for (const [path, record] of this.#recordsUnder(source)) {
      this.#records.delete(path);
      this.#records.set(target + path.slice(source.length), record);
    }
  }

  remove(path: string): void {
    fs.unlinkSync(path);
    this.#forget(path);
  }

  removeDirectory(path: string): void {
    const found = statOf(path);
    if (found === undefined) return;
    if (!found.isDirectory()) throw notDirectory(path);
    fs.rmSync(path, { recursive: true, force: true });
    this.#forget(path);
  }

  async syncDirectory(path: string): Promise<void> {
    if (!this.#syncsDirectories) return;
    // What cannot be opened was not synced, which is no failed sync.
    const descriptor = fs.openSync(path, O_RDONLY | O_DIRECTORY);
    try {
      await this.#record(path).sync(path, () => this.#flush(descriptor));
    } finally {
      fs.closeSync(descriptor);
    }
  }

  #flush(descriptor: number): Promise<void> {
    return new Promise((done, reject) => {
      this.#calls.fsync(descriptor, (error) => (error === null ? done() : reject(error)));
    });
  }

  #record(path: string): SyncRecord {
    const absolute = resolve(path);
    let record = this.#records.get(absolute);
    if (record === undefined) {
      record = new SyncRecord();
      this.#records.set(absolute, record);
    }
    return record;
  }

  /** What has this name from now on is another file; handles of the old one keep its record. */
  #forget(path: string): void {
    for (const [under] of this.#recordsUnder(resolve(path))) this.#records.delete(under);
    this.#namesChanged(path);
  }

  #namesChanged(path: string): void {
    this.#records.get(dirname(resolve(path)))?.namesChanged();
  }

  #recordsUnder(path: string): [string, SyncRecord][] {
    return [...this.#records].filter(([other]) => other === path || other.startsWith(path + sep));
  }
}

/** `undefined` also if something on the way is a file, which Node's own `throwIfNoEntry` does not cover in all versions. */
function statOf(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function notDirectory(path: string): Error {
  const error: NodeJS.ErrnoException = new Error(`ENOTDIR: not a directory, rm '${path}'`);
  error.code = 'ENOTDIR';
  error.path = path;
  return error;
}
