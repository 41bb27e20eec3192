/**
 * Hands out a range of the store in groups, from a snapshot taken when the scan was asked for. It holds one page of each
 * table, and retains the tables until it is read to its end or given up; a scan that is neither keeps replaced files on
 * disk until the store is closed.
 */
import type { StoreEntry } from '../src/store/state-store.ts';
import { asStorageError } from '../src/store/storage-failure.ts';
import { compareRanges } from './byte-order.ts';
import type { Snapshot } from './contents.ts';
import type { EntryCursor } from './entry-cursor.ts';
import { nextTurn, SLICE_BYTES, SLICE_ENTRIES } from './next-turn.ts';

export interface ScanRange {
  readonly from: Uint8Array;
  readonly before: Uint8Array | undefined;
  readonly groupBytes: number;
}

type Group = readonly StoreEntry[];

export class LogScan implements AsyncIterableIterator<Group> {
  readonly #snapshot: Snapshot;
  readonly #range: ScanRange;
  /** Throws when the store cannot be read any more. */
  readonly #check: () => void;
  readonly #onEnd: (scan: LogScan) => void;
  #cursor: EntryCursor | undefined;
  #isDone = false;

  constructor(snapshot: Snapshot, range: ScanRange, check: () => void, onEnd: (scan: LogScan) => void) {
    this.#snapshot = snapshot;
    this.#range = range;
    this.#check = check;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Group, undefined>> {
    const group: StoreEntry[] = [];
    try {
      for (let left = this.#range.groupBytes; left > 0 && !this.#isDone; ) {
        await nextTurn();
        this.#check();
        if (this.#isDone) break;
        left -= this.#readSlice(group, left);
      }
    } catch (error) {
      this.#end();
      throw asStorageError('Reading the store', error);
    }
    return group.length > 0 ? { done: false, value: group } : { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<Group, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Lets go of the tables when the store closes; the reader gets an error when it asks for more. */
  close(): void {
    this.#snapshot.release();
  }

  #end(): void {
    this.#isDone = true;
    this.#snapshot.release();
    this.#onEnd(this);
  }

  /** Returns how many bytes of entries it read. */
  #readSlice(group: StoreEntry[], bytesMax: number): number {
    const cursor = (this.#cursor ??= this.#snapshot.cursor(this.#range.from));
    const limit = Math.min(bytesMax, SLICE_BYTES);
    let byteLength = 0;
    for (let count = 0; count < SLICE_ENTRIES && byteLength < limit; count++) {
      if (this.#isBehind(cursor)) {
        this.#end();
        break;
      }
      const { entry } = cursor;
      if (!entry.isDeletion) {
        group.push({ key: entry.copyKey(), value: entry.copyValue() });
        byteLength += entry.end - entry.start;
      }
      cursor.next();
    }
    return byteLength;
  }

  #isBehind(cursor: EntryCursor): boolean {
    if (cursor.isDone) return true;
    const { before } = this.#range;
    const { entry } = cursor;
    return (
      before !== undefined && compareRanges(entry.bytes, entry.keyStart, entry.keyEnd, before, 0, before.length) >= 0
    );
  }
}
