/**
 * A handle of a simulated file. It belongs to the process that opened it and is of no use after that. Like the
 * machine's, it goes on with the same file when that is renamed or removed.
 */
import { assert } from '../base/assert.ts';
import type { OpenFile } from '../base/file-system.ts';
import { type DiskFault, type DiskOperation, faultError } from './disk-fault.ts';
import type { SimulatedFile } from './simulated-file.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { systemError } from './system-error.ts';

/** What a handle needs of the file system that it came from. */
export interface DiskAccess {
  /** Counts the call, and says whether it has to fail. */
  call(operation: DiskOperation, path: string): DiskFault | undefined;
  /** How much all files together may still grow. */
  freeBytes(): number;
  syncFile(file: SimulatedFile, path: string): Promise<void>;
}

export class SimulatedOpenFile implements OpenFile {
  readonly path: string;
  readonly #file: SimulatedFile;
  readonly #isWritable: boolean;
  readonly #process: SimulatedProcess;
  readonly #disk: DiskAccess;
  #isClosed = false;

  constructor(path: string, file: SimulatedFile, isWritable: boolean, process: SimulatedProcess, disk: DiskAccess) {
    this.path = path;
    this.#file = file;
    this.#isWritable = isWritable;
    this.#process = process;
    this.#disk = disk;
  }

  byteLength(): number {
    this.#assertUsable('byteLength');
    return this.#file.byteLength;
  }

  append(bytes: Uint8Array): void {
    this.#write('append', this.#file.byteLength, bytes);
  }

  writeAt(offsetBytes: number, bytes: Uint8Array): void {
    assert(offsetBytes >= 0 && offsetBytes <= this.#file.byteLength, 'a write starts within the file or at its end');
    this.#write('writeAt', offsetBytes, bytes);
  }

  readAt(offsetBytes: number, byteLength: number, into?: Uint8Array): Uint8Array {
    this.#assertUsable('readAt');
    assert(offsetBytes >= 0, 'a read starts at the beginning of the file or after it');
    this.#failIf(this.#disk.call('readAt', this.path), 'readAt');
    assert(into === undefined || into.length >= byteLength, 'there is room for what is read');
    const bytes = this.#file.read(offsetBytes, byteLength);
    if (into === undefined) return bytes;
    into.set(bytes);
    return into.subarray(0, bytes.length);
  }

  truncate(byteLength: number): void {
    this.#assertUsable('truncate');
    assert(byteLength >= 0 && byteLength <= this.#file.byteLength, 'truncating never makes a file longer');
    this.#failIf(this.#disk.call('truncate', this.path), 'truncate');
    if (!this.#isWritable) throw systemError('EINVAL', 'truncate', this.path);
    this.#file.truncate(byteLength);
  }

  async sync(): Promise<void> {
    this.#assertUsable('sync');
    await this.#disk.syncFile(this.#file, this.path);
  }

  /** Also after its process has died, when there is nothing left to close. */
  close(): void {
    this.#isClosed = true;
  }

  /** As many bytes as there is room for; an error if that is not all. */
  #write(operation: 'append' | 'writeAt', offset: number, bytes: Uint8Array): void {
    this.#assertUsable(operation);
    const fault = this.#disk.call(operation, this.path);
    if (fault !== 'short') this.#failIf(fault, operation);
    if (!this.#isWritable) throw systemError('EBADF', operation, this.path);
    const room = fault === 'short' ? bytes.length >> 1 : this.#file.byteLength + this.#disk.freeBytes() - offset;
    this.#file.write(offset, bytes.subarray(0, Math.max(0, room)));
    if (fault === 'short' || room < bytes.length) throw systemError('ENOSPC', operation, this.path);
  }

  #failIf(fault: DiskFault | undefined, operation: DiskOperation): void {
    if (fault !== undefined) throw faultError(fault, operation, this.path);
  }

  #assertUsable(operation: string): void {
    assert(!this.#isClosed, `${this.path} is closed`);
    if (this.#process.isDead) throw systemError('EBADF', operation, this.path);
  }
}
