/**
 * Collects the changes of one batch as the bytes of one log record, with room in front for its header. So a change is
 * copied once, when it is added, and the same bytes then go to the log and into the memtable.
 */
import { assert } from '../src/base/assert.ts';
import type { StoreBatch } from '../src/store/state-store.ts';
import { writeEntry } from './entry.ts';
import { ENTRY_LENGTHS_BYTES_MAX, ENTRY_PART_BYTES_MAX } from './entry-layout.ts';
import { RECORD_HEADER_BYTES } from './log-layout.ts';

const FIRST_BYTES = 1 << 10;

/** Takes the bytes of a record over; resolves when it is durable and readers see it. */
export type SubmitRecord = (record: Uint8Array) => Promise<void>;

export class LogBatch implements StoreBatch {
  count = 0;
  readonly #submit: SubmitRecord;
  #bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #end = RECORD_HEADER_BYTES;
  #isWritten = false;

  constructor(submit: SubmitRecord) {
    this.#submit = submit;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    assert(value.length <= ENTRY_PART_BYTES_MAX, 'a value is shorter than 1 GiB');
    this.#add(key, value);
  }

  delete(key: Uint8Array): void {
    this.#add(key, undefined);
  }

  async write(): Promise<void> {
    assert(!this.#isWritten, 'a batch is written once');
    this.#isWritten = true;
    const record = this.#bytes.subarray(0, this.#end);
    await this.#submit(record);
  }

  #add(key: Uint8Array, value: Uint8Array | undefined): void {
    assert(!this.#isWritten, 'a batch that was written takes no more changes');
    assert(key.length <= ENTRY_PART_BYTES_MAX, 'a key is shorter than 1 GiB');
    const end = this.#end + ENTRY_LENGTHS_BYTES_MAX + key.length + (value?.length ?? 0);
    if (end > this.#bytes.length) this.#grow(end);
    this.#end = writeEntry(this.#bytes, this.#end, key, value);
    this.count++;
  }

  #grow(byteLength: number): void {
    const grown = new Uint8Array(Math.max(byteLength, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }
}
