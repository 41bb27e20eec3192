/**
 * Folds what a shard has committed into its store, without a shard: for whoever wants all state in one place before the
 * engine starts. A crash in between costs nothing: what was folded is laid over itself again.
 *
 * A store takes many times as long for a record as reading it does, so of each entity only the newest one is put. Rows and
 * erasures are few, and are put in the order in which they were written.
 */
import type { FileSystem } from '../base/file-system.ts';
import { readAppliedEpoch } from '../shard/durable/durability.ts';
import { RecoveredRecords } from '../shard/durable/recovered-records.ts';
import { FRAME_STATE } from '../shard/durable/delta-encoder.ts';
import { isEntityKey, NOTHING, NOTHING_BELOW, type RecordSpan, readRecord } from '../state/record-reader.ts';
import { afterPrefix, keyBytes } from '../state/row.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import { recoverChangelog } from '../store/changelog-recovery.ts';
import { readDelta } from '../store/changelog-reader.ts';
import { APPLIED_KEY, BEGUN_KEY } from '../store/key-layout.ts';
import type { StateStore } from '../store/state-store.ts';
import type { DataDirectory } from './data-directory.ts';
import { PutWriter } from './put-writer.ts';

/** A delta that is not folded. */
interface Unfolded {
  readonly location: DeltaLocation;
  /** Whether anything in it is no entity. */
  hasRows: boolean;
}

export async function foldAll(data: DataDirectory, shard: number, store: StateStore): Promise<void> {
  const { fileSystem } = data;
  const directory = data.shardDirectory(shard);
  const applied = await readAppliedEpoch(store);
  const deltas: Unfolded[] = [];
  const entities = new RecoveredRecords();
  const noteRow = (): undefined => {
    deltas[deltas.length - 1].hasRows = true;
  };
  recoverChangelog(fileSystem, directory, applied, data.committedOf(shard), {
    delta: (_epoch, location) => deltas.push({ location, hasRows: false }),
    frame: (kind, bytes) => {
      if (kind !== FRAME_STATE) return;
      entities.addFrame(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 1, noteRow);
    },
  });
  if (deltas.length === 0) return;
  entities.seal();
  const puts = new PutWriter(store);
  try {
    puts.put(BEGUN_KEY, Buffer.from(String(data.lastEpoch)));
    const rows = new RowFold(store, puts);
    for (const { location, hasRows } of deltas) {
      if (hasRows) await foldRows(fileSystem, directory, location, rows);
    }
    await foldEntities(entities, puts);
    // Only the last batch says how far it has come.
    await puts.end((batch) => batch.put(APPLIED_KEY, Buffer.from(String(data.lastEpoch))));
  } finally {
    await puts.settled();
  }
}

/** What an epoch erased goes before what else it wrote: see `Erasure`. */
async function foldRows(
  fileSystem: FileSystem,
  directory: string,
  location: DeltaLocation,
  rows: RowFold,
): Promise<void> {
  for (const part of ['erasures', 'records'] as const) {
    for (const { kind, bytes } of readDelta(fileSystem, directory, location)) {
      if (kind !== FRAME_STATE) continue;
      await rows.fold(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), part);
    }
  }
}

async function foldEntities(entities: RecoveredRecords, puts: PutWriter): Promise<void> {
  Array.from(entities.sift());
  for (const entry of entities.newest()) {
    const { bytes, keyStart, keyEnd, valueStart, end } = entities.record(entry);
    const key = bytes.subarray(keyStart, keyEnd);
    const isFull = valueStart === NOTHING ? puts.delete(key) : puts.put(key, bytes.subarray(valueStart, end));
    if (isFull) await puts.write();
  }
}

/** Rows: oldest record first, so that the newest of a key is what stays. */
class RowFold {
  readonly #store: StateStore;
  readonly #puts: PutWriter;
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };

  constructor(store: StateStore, puts: PutWriter) {
    this.#store = store;
    this.#puts = puts;
  }

  async fold(records: Buffer, part: 'erasures' | 'records'): Promise<void> {
    for (let at = 0; at < records.length; at = this.#span.end) {
      readRecord(records, at, this.#span);
      const { keyStart, keyEnd, valueStart, end } = this.#span;
      if (isEntityKey(records, keyStart)) continue;
      const key = records.subarray(keyStart, keyEnd);
      if (valueStart === NOTHING_BELOW) {
        if (part === 'erasures') await this.#erase(key.toString('latin1'));
        continue;
      }
      if (part === 'erasures') continue;
      const isFull =
        valueStart === NOTHING ? this.#puts.delete(key) : this.#puts.put(key, records.subarray(valueStart, end));
      if (isFull) await this.#puts.write();
    }
  }

  async #erase(prefix: string): Promise<void> {
    // A scan sees what has been written.
    await this.#puts.written();
    for await (const group of this.#store.scan(keyBytes(prefix), keyBytes(afterPrefix(prefix)))) {
      for (const { key } of group) this.#puts.delete(key);
      await this.#puts.written();
    }
  }
}
