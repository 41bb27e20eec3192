/**
 * What one simulated thread has of the disk. When the thread is ended, everything that it still had under way stops
 * where it is: its calls fail, and its syncs never tell it that they have ended, although they do. Without that, a
 * store whose thread is gone would go on writing beside the one that took its place.
 *
 * What could not be synced is refused to the same thread from then on, as `NodeFileSystem` does (I9): a file under its
 * name, until this thread itself gives that name to another one; a directory until this thread changes a name in it.
 * Changes of a directory are not lost, though, and whoever takes over may sync them: that is why such faults are made here.
 */
import { dirname } from 'node:path';
import type { FileSystem, OpenFile, OpenMode } from '../base/file-system.ts';
import type { SimulatedFileSystem } from './simulated-file-system.ts';
import { systemError } from './system-error.ts';

export class ThreadDisk implements FileSystem {
  readonly #disk: SimulatedFileSystem;
  /** Says whether this sync of a directory is to fail. */
  readonly #directoryFault: () => boolean;
  readonly #failedDirectories = new Set<string>();
  readonly #failedFiles = new Set<string>();
  #isDead = false;

  constructor(disk: SimulatedFileSystem, directoryFault: () => boolean) {
    this.#disk = disk;
    this.#directoryFault = directoryFault;
  }

  /** The thread is ended. */
  die(): void {
    this.#isDead = true;
  }

  makeDirectory(path: string): void {
    this.check(path);
    this.#disk.makeDirectory(path);
    this.#renewed(path);
  }

  list(path: string): string[] {
    this.check(path);
    return this.#disk.list(path);
  }

  exists(path: string): boolean {
    this.check(path);
    return this.#disk.exists(path);
  }

  open(path: string, mode: OpenMode): OpenFile {
    this.check(path);
    const file = this.#disk.open(path, mode);
    if (mode === 'create') this.#renewed(path);
    return new ThreadFile(file, this);
  }

  rename(from: string, to: string): void {
    this.check(from);
    this.#disk.rename(from, to);
    const hadFailed = this.#failedFiles.has(from);
    this.#renewed(from);
    this.#renewed(to);
    if (hadFailed) this.#failedFiles.add(to);
  }

  remove(path: string): void {
    this.check(path);
    this.#disk.remove(path);
    this.#renewed(path);
  }

  removeDirectory(path: string): void {
    this.check(path);
    this.#disk.removeDirectory(path);
    for (const file of this.#failedFiles) if (file.startsWith(`${path}/`)) this.#failedFiles.delete(file);
    this.#renewed(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.check(path);
    if (this.#directoryFault()) this.#failedDirectories.add(path);
    if (this.#failedDirectories.has(path)) throw systemError('EIO', 'syncDirectory', path);
    await this.whileAlive(this.#disk.syncDirectory(path));
  }

  /** Through whatever handle. */
  async syncFile(file: OpenFile): Promise<void> {
    const { path } = file;
    this.check(path);
    if (this.#failedFiles.has(path)) throw systemError('EIO', 'sync', path);
    const synced = file.sync().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EMFILE') this.#failedFiles.add(path);
      throw error;
    });
    await this.whileAlive(synced);
  }

  /** What has this name now is another file. */
  #renewed(path: string): void {
    this.#failedFiles.delete(path);
    this.#failedDirectories.delete(path);
    this.#failedDirectories.delete(dirname(path));
  }

  check(path: string): void {
    if (this.#isDead) throw systemError('EBADF', 'the thread is gone:', path);
  }

  /** Settles as the promise does, unless the thread is ended before. */
  whileAlive(promise: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      promise.then(
        () => {
          if (!this.#isDead) resolve();
        },
        (error: Error) => {
          if (!this.#isDead) reject(error);
        },
      );
    });
  }
}

class ThreadFile implements OpenFile {
  readonly path: string;
  readonly #file: OpenFile;
  readonly #disk: ThreadDisk;

  constructor(file: OpenFile, disk: ThreadDisk) {
    this.path = file.path;
    this.#file = file;
    this.#disk = disk;
  }

  byteLength(): number {
    this.#disk.check(this.path);
    return this.#file.byteLength();
  }

  append(bytes: Uint8Array): void {
    this.#disk.check(this.path);
    this.#file.append(bytes);
  }

  writeAt(offsetBytes: number, bytes: Uint8Array): void {
    this.#disk.check(this.path);
    this.#file.writeAt(offsetBytes, bytes);
  }

  readAt(offsetBytes: number, byteLength: number, into?: Uint8Array): Uint8Array {
    this.#disk.check(this.path);
    return this.#file.readAt(offsetBytes, byteLength, into);
  }

  truncate(byteLength: number): void {
    this.#disk.check(this.path);
    this.#file.truncate(byteLength);
  }

  async sync(): Promise<void> {
    await this.#disk.syncFile(this.#file);
  }

  close(): void {
    this.#file.close();
  }
}
