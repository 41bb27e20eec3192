/**
 * Puts very much into a store, in batches, for whoever fills or rewrites it before an engine starts. While one batch is
 * written, on a thread of the store's, the next one is filled. Batches are written in their order, one at a time.
 */
import type { StateStore, StoreBatch } from '../store/state-store.ts';

const BATCH_COUNT = 16_384;
const BATCH_BYTES = 4 << 20;

export class PutWriter {
  readonly #store: StateStore;
  #batch: StoreBatch;
  #batchBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: StateStore) {
    this.#store = store;
    this.#batch = store.batch();
  }

  /** Returns whether the batch is to be written now. */
  put(key: Uint8Array, value: Uint8Array): boolean {
    this.#batch.put(key, value);
    return this.#counted(key.length + value.length);
  }

  /** The same. */
  delete(key: Uint8Array): boolean {
    this.#batch.delete(key);
    return this.#counted(key.length);
  }

  #counted(byteLength: number): boolean {
    this.#batchBytes += byteLength;
    return this.#batch.count >= BATCH_COUNT || this.#batchBytes >= BATCH_BYTES;
  }

  /** Begins to write the batch, once the one before is written. */
  async write(): Promise<void> {
    const batch = this.#batch;
    this.#batch = this.#store.batch();
    this.#batchBytes = 0;
    await this.#writing;
    this.#writing = batch.write();
    // Whoever waits for it comes later.
    this.#writing.catch(() => {});
  }

  /** Resolves when all that was put is written. */
  async written(): Promise<void> {
    if (this.#batch.count > 0) await this.write();
    await this.#writing;
  }

  /** Writes what is left, with a last change, as one batch. */
  async end(last: (batch: StoreBatch) => void): Promise<void> {
    last(this.#batch);
    await this.written();
  }

  /** Resolves when nothing is being written any more, whatever came of it. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => {});
  }
}
