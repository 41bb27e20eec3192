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
import { messagesOfDelta } from '../shard/durable/portable-message.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import { firstKeyOf, keyGroupOfKey } from '../store/key-layout.ts';
import { encodeEntry } from './checkpoint-entry.ts';
import type { DataDirectory } from './data-directory.ts';
import { foldAll } from './fold-changelog.ts';
import { GenerationWriter, openShardStore, type StoreGround } from './reshard-generation.ts';
import type { ProgressReport } from './savepoint-progress.ts';

const SCAN_GROUP_BYTES = 1 << 18;

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

/** The same groups, of which the next one is read, on a thread of the store's, while one is worked on. */
async function* oneAhead<Group>(groups: AsyncIterable<Group>): AsyncGenerator<Group> {
  const iterator = groups[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (let result = await next; result.done !== true; result = await next) {
      next = iterator.next();
      // Whoever waits for it comes later.
      next.catch(() => {});
      yield result.value;
    }
  } finally {
    await next.catch(() => {});
    await iterator.return?.();
  }
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
    for await (const group of oneAhead(store.scan(firstKeyOf(first), firstKeyOf(end), SCAN_GROUP_BYTES))) {
      await writer.put(group);
      progress.at(keyGroupOfKey(group[group.length - 1].key), KEY_GROUP_COUNT);
    }
  } finally {
    await store.close();
  }
}
