/**
 * An open file of the machine. Whoever opened it owns it and closes it. It writes at the end by asking where the end is,
 * not in the system's append mode, in which nothing can be overwritten in place.
 */
import fs from 'node:fs';
import { assert } from './assert.ts';
import type { OpenFile } from './file-system.ts';
import type { SyncRecord } from './sync-record.ts';

/** The calls that a test has to make fail, or come back short; otherwise they are those of `node:fs`. */
export interface SystemCalls {
  writeSync(descriptor: number, bytes: Uint8Array, from: number, byteLength: number, offsetBytes: number): number;
  fdatasync(descriptor: number, done: (error: NodeJS.ErrnoException | null) => void): void;
  fsync(descriptor: number, done: (error: NodeJS.ErrnoException | null) => void): void;
}

export class NodeFile implements OpenFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #calls: SystemCalls;
  readonly #record: SyncRecord;
  #pendingSyncCount = 0;
  #isClosed = false;

  constructor(path: string, descriptor: number, record: SyncRecord, calls: SystemCalls) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#record = record;
    this.#calls = calls;
  }

  byteLength(): number {
    this.#assertOpen();
    return fs.fstatSync(this.#descriptor).size;
  }

  append(bytes: Uint8Array): void {
    this.#write(this.byteLength(), bytes);
  }

  writeAt(offsetBytes: number, bytes: Uint8Array): void {
    assert(offsetBytes >= 0 && offsetBytes <= this.byteLength(), 'a write starts within the file or at its end');
    this.#write(offsetBytes, bytes);
  }

  readAt(offsetBytes: number, byteLength: number, into?: Uint8Array): Uint8Array {
    this.#assertOpen();
    assert(offsetBytes >= 0, 'a read starts at the beginning of the file or after it');
    // Not filled with zeros first: a recovery reads many megabytes.
    const bytes = into?.subarray(0, byteLength) ?? new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer);
    assert(bytes.length === byteLength, 'there is room for what is read');
    let length = 0;
    while (length < byteLength) {
      const count = fs.readSync(this.#descriptor, bytes, length, byteLength - length, offsetBytes + length);
      if (count === 0) return into === undefined ? bytes.slice(0, length) : bytes.subarray(0, length);
      length += count;
    }
    return bytes;
  }

  truncate(byteLength: number): void {
    assert(byteLength >= 0 && byteLength <= this.byteLength(), 'truncating never makes a file longer');
    fs.ftruncateSync(this.#descriptor, byteLength);
  }

  async sync(): Promise<void> {
    this.#assertOpen();
    this.#pendingSyncCount++;
    try {
      await this.#record.sync(this.path, () => this.#flush());
    } finally {
      this.#pendingSyncCount--;
      if (this.#isClosed && this.#pendingSyncCount === 0) this.#closeLate();
    }
  }

  /** Waits with the descriptor for the syncs under way: its number could be given to another file meanwhile. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#pendingSyncCount === 0) fs.closeSync(this.#descriptor);
  }

  #closeLate(): void {
    // Nobody is there to be told; and what counts was synced, which has said whether it failed.
    fs.close(this.#descriptor, () => {});
  }

  /** The system may take fewer bytes than it is given; then it says why when it is given the rest. */
  #write(offsetBytes: number, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const count = this.#calls.writeSync(this.#descriptor, bytes, from, bytes.length - from, offsetBytes + from);
      assert(count > 0, 'the system writes something or says why not');
      from += count;
    }
  }

  /** Data and length; not the times of change, for which `fsync` would wait, too. */
  #flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#calls.fdatasync(this.#descriptor, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  #assertOpen(): void {
    assert(!this.#isClosed, `${this.path} is closed`);
  }
}
