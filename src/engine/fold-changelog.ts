/**
 * Folds what a shard has committed into its store, without a shard: for whoever wants all state in one place before the
 * engine starts. A crash in between costs nothing: what was folded is laid over itself again.
 */
import { readAppliedEpoch } from '../shard/durable/durability.ts';
import { FRAME_STATE } from '../shard/durable/shard-snapshot.ts';
import { NOTHING, NOTHING_BELOW, type RecordSpan, readRecord } from '../state/record-reader.ts';
import { afterPrefix, keyBytes } from '../state/row.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import { recoverChangelog } from '../store/changelog-recovery.ts';
import { readDelta } from '../store/changelog-reader.ts';
import { APPLIED_KEY } from '../store/key-layout.ts';
import type { StateStore, StoreBatch } from '../store/state-store.ts';
import type { DataDirectory } from './data-directory.ts';

const BATCH_COUNT = 16_384;
const BATCH_BYTES = 4 << 20;

export async function foldAll(data: DataDirectory, shard: number, store: StateStore): Promise<void> {
  const { fileSystem } = data;
  const directory = data.shardDirectory(shard);
  const committed = data.committedOf(shard);
  const applied = await readAppliedEpoch(store);
  const deltas: DeltaLocation[] = [];
  recoverChangelog(fileSystem, directory, applied, committed, {
    delta: (_epoch, location) => deltas.push(location),
    frame: () => {},
  });
  if (deltas.length === 0) return;
  const writer = new FoldWriter(store);
  for (const location of deltas) {
    // What an epoch erased goes before what else it wrote: see `Erasure`.
    for (const part of ['erasures', 'records'] as const) {
      for (const { kind, bytes } of readDelta(fileSystem, directory, location)) {
        if (kind !== FRAME_STATE) continue;
        await writer.fold(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), part);
      }
    }
  }
  await writer.finish(data.lastEpoch);
}

/** Oldest record first, so that the newest of an entity is what stays. */
class FoldWriter {
  readonly #store: StateStore;
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  #batch: StoreBatch;
  #batchBytes = 0;

  constructor(store: StateStore) {
    this.#store = store;
    this.#batch = store.batch();
  }

  async fold(records: Buffer, part: 'erasures' | 'records'): Promise<void> {
    for (let at = 0; at < records.length; at = this.#span.end) {
      readRecord(records, at, this.#span);
      const { keyStart, keyEnd, valueStart, end } = this.#span;
      const key = records.subarray(keyStart, keyEnd);
      if (valueStart === NOTHING_BELOW) {
        if (part === 'erasures') await this.#erase(key.toString('latin1'));
        continue;
      }
      if (part === 'erasures') continue;
      if (valueStart === NOTHING) this.#batch.delete(key);
      else this.#batch.put(key, records.subarray(valueStart, end));
      this.#batchBytes += end - keyStart;
      if (this.#batch.count >= BATCH_COUNT || this.#batchBytes >= BATCH_BYTES) await this.#write();
    }
  }

  async #erase(prefix: string): Promise<void> {
    // A scan sees what has been written.
    if (this.#batch.count > 0) await this.#write();
    for await (const group of this.#store.scan(keyBytes(prefix), keyBytes(afterPrefix(prefix)))) {
      for (const { key } of group) this.#batch.delete(key);
      if (this.#batch.count > 0) await this.#write();
    }
  }

  async #write(): Promise<void> {
    await this.#batch.write();
    this.#batch = this.#store.batch();
    this.#batchBytes = 0;
  }

  /** Only the last batch says how far it has come. */
  async finish(epoch: number): Promise<void> {
    this.#batch.put(APPLIED_KEY, Buffer.from(String(epoch)));
    await this.#batch.write();
  }
}
