/**
 * Carries a data directory over to another number of shards (I12), before the engine starts: what is committed is folded
 * into the old stores, then they are read in the order of their keys into a new generation, the messages in flight are
 * given to the shards that own their targets now, and one manifest entry puts the new generation in the place of the old.
 *
 * Until that entry is durable the old generation is whole, and a crash means to begin again; after it, the old one is
 * waste. It is the same checkpoint in another shape, so its epoch stays.
 */
import type { ShardIndex } from '../base/brand.ts';
import { assert } from '../base/assert.ts';
import { KEY_GROUP_COUNT, keyGroupRange } from '../keys/key-group.ts';
import { readAppliedEpoch } from '../shard/durability.ts';
import { messagesOfDelta } from '../shard/portable-message.ts';
import { FRAME_STATE } from '../shard/shard-snapshot.ts';
import { type RecordSpan, readRecord } from '../state/record-reader.ts';
import { recoverChangelog } from '../store/changelog-recovery.ts';
import { readDelta } from '../store/changelog-reader.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import { APPLIED_KEY, firstKeyOf, keyGroupOfKey } from '../store/key-layout.ts';
import type { StateStore, StoreBatch } from '../store/state-store.ts';
import { encodeEntry } from './checkpoint-entry.ts';
import type { DataDirectory } from './data-directory.ts';
import { GenerationWriter, openShardStore, type StoreGround } from './reshard-generation.ts';
import type { ProgressReport } from './savepoint-progress.ts';

const BATCH_COUNT = 16_384;
const BATCH_BYTES = 4 << 20;
const SCAN_GROUP_BYTES = 1 << 18;

/** Whether the data was written by another number of shards. */
export function needsReshard({ last }: DataDirectory, shardCount: number): boolean {
  return last !== undefined && last.shards.length !== shardCount;
}

/** Nothing else may use the directory meanwhile. */
export async function reshard(
  data: DataDirectory,
  ground: StoreGround,
  shardCount: number,
  progress: ProgressReport,
): Promise<void> {
  const { last } = data;
  assert(last !== undefined, 'there is something to carry over');
  const generation = last.generation + 1;
  const writer = new GenerationWriter(data, ground, generation, shardCount, last.epoch);
  let shards: readonly DeltaLocation[];
  try {
    await writer.begin();
    for (let shard = 0; shard < last.shards.length; shard++) await carryState(data, ground, shard, writer, progress);
    await writer.endState();
    last.shards.forEach((location, shard) => {
      for (const messages of messagesOfDelta(data.fileSystem, data.shardDirectory(shard), location))
        writer.add(messages);
    });
    shards = await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  const entry = { ...last, generation, shards };
  await data.manifest.replace(last.epoch, encodeEntry({ ...entry, keys: data.keys }));
  data.last = entry;
  progress.done(KEY_GROUP_COUNT);
}

async function carryState(
  data: DataDirectory,
  ground: StoreGround,
  shard: number,
  writer: GenerationWriter,
  progress: ProgressReport,
): Promise<void> {
  const store = await openShardStore(data, ground, data.shardDirectory(shard));
  try {
    await foldAll(data, shard, store);
    const { first, end } = keyGroupRange(shard as ShardIndex, data.last?.shards.length ?? 1);
    for await (const group of store.scan(firstKeyOf(first), firstKeyOf(end), SCAN_GROUP_BYTES)) {
      await writer.put(group);
      progress.at(keyGroupOfKey(group[group.length - 1].key), KEY_GROUP_COUNT);
    }
  } finally {
    await store.close();
  }
}

/**
 * Folds all that is committed into a store, as the shard itself would have done sooner or later. A crash in between
 * costs nothing: what was folded is laid over itself again.
 */
async function foldAll(data: DataDirectory, shard: number, store: StateStore): Promise<void> {
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
    for (const { kind, bytes } of readDelta(fileSystem, directory, location)) {
      if (kind === FRAME_STATE) await writer.fold(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
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

  async fold(records: Buffer): Promise<void> {
    for (let at = 0; at < records.length; at = this.#span.end) {
      readRecord(records, at, this.#span);
      const { keyStart, keyEnd, valueStart, end } = this.#span;
      const key = records.subarray(keyStart, keyEnd);
      if (valueStart === -1) this.#batch.delete(key);
      else this.#batch.put(key, records.subarray(valueStart, end));
      this.#batchBytes += end - keyStart;
      if (this.#batch.count < BATCH_COUNT && this.#batchBytes < BATCH_BYTES) continue;
      await this.#batch.write();
      this.#batch = this.#store.batch();
      this.#batchBytes = 0;
    }
  }

  /** Only the last batch says how far it has come. */
  async finish(epoch: number): Promise<void> {
    this.#batch.put(APPLIED_KEY, Buffer.from(String(epoch)));
    await this.#batch.write();
  }
}
