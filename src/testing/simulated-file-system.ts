/**
 * A file system in memory that does to its user what a real one may do: it forgets and tears what was not synced when the
 * power fails, lets syncs wait until the simulation ends them, fails any call that it is told to, and runs full. Given
 * the same calls and the same seed it does the same again. One simulation owns it.
 *
 * `crash` is the power loss, `kill` the death of the process, after which the page cache is still there; both leave a
 * disk that a new engine can be started on. `clone` allows many of either from one point:
 *
 * ```
 *   for (let seed = 0; seed < 100; seed++) {
 *     const after = fileSystem.clone();
 *     after.crash(new Prng(seed));
 *     …                                // recover on `after` and see what is there
 *   }
 * ```
 */
import type { FileSystem, OpenFile, OpenMode } from '../base/file-system.ts';
import type { Prng } from '../base/prng.ts';
import { type DiskFault, type DiskOperation, type FaultHook, faultError } from './disk-fault.ts';
import { type DiskAccess, SimulatedOpenFile } from './simulated-open-file.ts';
import { type PendingSync, SimulatedProcess, type SyncTarget } from './simulated-process.ts';
import { SimulatedTree } from './simulated-tree.ts';

export interface SimulatedFileSystemOptions {
  /** Syncs end by themselves, in a microtask. Otherwise they wait for `completeSync`. */
  readonly autoSync?: boolean;
  /** How long all files together may be. */
  readonly capacityBytes?: number;
  readonly fault?: FaultHook;
}

export class SimulatedFileSystem implements FileSystem {
  /** May be changed at any time; holds for the syncs called from then on. */
  autoSync: boolean;
  capacityBytes: number;
  fault: FaultHook | undefined;
  /** What the user did that it must never do: syncs after a failed sync (I9). */
  readonly violations: string[] = [];

  #tree = new SimulatedTree();
  #process = new SimulatedProcess();
  #callCount = 0;

  constructor({ autoSync = false, capacityBytes = Number.POSITIVE_INFINITY, fault }: SimulatedFileSystemOptions = {}) {
    this.autoSync = autoSync;
    this.capacityBytes = capacityBytes;
    this.fault = fault;
  }

  makeDirectory(path: string): void {
    this.#begin('makeDirectory', path);
    this.#tree.makeDirectory(path);
  }

  list(path: string): string[] {
    this.#begin('list', path);
    return this.#tree.list(path);
  }

  exists(path: string): boolean {
    this.#begin('exists', path);
    return this.#tree.find(path) !== undefined;
  }

  open(path: string, mode: OpenMode): OpenFile {
    this.#begin('open', path);
    const file = mode === 'create' ? this.#tree.createFile(path) : this.#tree.file(path, 'open');
    return new SimulatedOpenFile(path, file, mode !== 'read', this.#process, this.#access);
  }

  rename(from: string, to: string): void {
    this.#begin('rename', from);
    this.#tree.rename(from, to);
  }

  remove(path: string): void {
    this.#begin('remove', path);
    this.#tree.remove(path);
  }

  removeDirectory(path: string): void {
    this.#begin('removeDirectory', path);
    this.#tree.removeDirectory(path);
  }

  async syncDirectory(path: string): Promise<void> {
    const tree = this.#tree;
    const fault = this.#call('syncDirectory', path);
    const node = tree.directory(path, 'syncDirectory');
    const changeCount = tree.changeCount;
    // A directory that could not be synced keeps its changes, and a later process can sync them: they are not in the
    // page cache but in the file system's own journal.
    const target: SyncTarget = {
      operation: 'syncDirectory',
      path,
      node,
      complete: () => tree.completeSync(node, changeCount),
      fail: () => {},
    };
    await this.#sync(target, fault);
  }

  /** How many calls have reached the disk so far. */
  get callCount(): number {
    return this.#callCount;
  }

  get pendingSyncCount(): number {
    return this.#process.pendingSyncs.length;
  }

  /** Which they are, in the order in which they were called. */
  get pendingSyncs(): readonly PendingSync[] {
    return this.#process.pendingSyncs;
  }

  /** Ends a pending sync, in whatever order: what was written before it was called is durable. With a fault it fails. */
  completeSync(index: number, fault?: 'EIO' | 'ENOSPC'): void {
    this.#process.endSync(index, fault);
  }

  /** Ends those that are pending now, oldest first. */
  completeAllSyncs(): void {
    for (let count = this.pendingSyncCount; count > 0; count--) this.completeSync(0);
  }

  /** Power loss and reboot: what was not synced survives, is lost or is torn, as `random` decides. */
  crash(random: Prng): void {
    this.kill();
    this.#tree.crash(random);
  }

  /** The process dies, and what it has written stays. */
  kill(): void {
    this.#process.die();
    this.#process = new SimulatedProcess();
  }

  /** The same disk in another machine, on which no process runs yet: no handles, pending syncs, calls or faults. */
  clone(): SimulatedFileSystem {
    const copy = new SimulatedFileSystem({ autoSync: this.autoSync, capacityBytes: this.capacityBytes });
    copy.#tree = this.#tree.clone();
    return copy;
  }

  /** Absolute paths of all files, sorted. This and the next two are no calls: they reach behind the disk, for tests. */
  paths(): string[] {
    return this.#tree.files().map(([path]) => path);
  }

  readFile(path: string): Uint8Array {
    const file = this.#tree.file(path, 'readFile');
    return file.read(0, file.byteLength);
  }

  /** Makes or replaces a file, durably and with the directories above it. */
  writeFile(path: string, bytes: Uint8Array): void {
    this.#tree.placeFile(path, bytes);
  }

  readonly #access: DiskAccess = {
    call: (operation, path) => this.#call(operation, path),
    freeBytes: () => this.#freeBytes(),
    syncFile: (file, path) => {
      const changeCount = file.changeCount;
      const target: SyncTarget = {
        operation: 'sync',
        path,
        node: file,
        complete: () => file.completeSync(changeCount),
        fail: () => file.failSync(changeCount),
      };
      return this.#sync(target, this.#call('sync', path));
    },
  };

  #call(operation: DiskOperation, path: string): DiskFault | undefined {
    this.#callCount++;
    return this.fault?.({ number: this.#callCount, operation, path });
  }

  #begin(operation: DiskOperation, path: string): void {
    const fault = this.#call(operation, path);
    if (fault !== undefined) throw faultError(fault, operation, path);
  }

  #sync(target: SyncTarget, fault: DiskFault | undefined): Promise<void> {
    // Refused before the disk was asked for anything, so nothing is lost, and it may be tried again.
    if (fault === 'EMFILE') throw faultError(fault, target.operation, target.path);
    if (this.#process.hasFailed(target.node)) {
      this.violations.push(`${target.operation} of ${target.path} after one has failed (I9)`);
    }
    return this.#process.sync(target, fault, this.autoSync);
  }

  #freeBytes(): number {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return this.capacityBytes;
    const usedBytes = this.#tree.files().reduce((sum, [, file]) => sum + file.byteLength, 0);
    return Math.max(0, this.capacityBytes - usedBytes);
  }
}
