/**
 * Writes a new generation of shards: their stores, and a first delta each with the messages in flight. State comes in the
 * order of its keys, so one store is open at a time, and memory is that of a batch.
 *
 * Nothing of it counts before the manifest names the generation. A generation that was begun and not named is removed
 * and begun anew.
 */
import { join } from 'node:path';
import type { KeyGroup } from '../base/brand.ts';
import { hashId } from '../keys/id-hash.ts';
import { shardOfHash, shardOfKeyGroup } from '../keys/key-group.ts';
import { FirstDelta } from '../shard/durable/first-delta.ts';
import type { PortableMessage } from '../shard/durable/portable-message.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import { CheckedStore } from '../store/checked-store.ts';
import { APPLIED_KEY, keyGroupOfKey } from '../store/key-layout.ts';
import type { OpenStore, StateStore, StoreEntry } from '../store/state-store.ts';
import { callStorage } from '../store/storage-failure.ts';
import type { DataDirectory } from './data-directory.ts';
import { PutWriter } from './put-writer.ts';

/** How stores are opened here, on the thread of whoever starts the engine. */
export interface StoreGround {
  readonly openStore: OpenStore;
  readonly cacheBytes: number;
}

export async function openShardStore(
  data: DataDirectory,
  ground: StoreGround,
  directory: string,
): Promise<CheckedStore> {
  const { fileSystem } = data;
  const { openStore, cacheBytes } = ground;
  return new CheckedStore(await openStore({ directory: join(directory, 'store'), fileSystem, cacheBytes }));
}

export class GenerationWriter {
  readonly #data: DataDirectory;
  readonly #ground: StoreGround;
  readonly #generation: number;
  readonly #shardCount: number;
  readonly #epoch: number;
  #shard = -1;
  #store: StateStore | undefined;
  #puts: PutWriter | undefined;
  #deltas: FirstDelta[] = [];

  /** The epoch is the last one that is committed, which the generation takes over. */
  constructor(data: DataDirectory, ground: StoreGround, generation: number, shardCount: number, epoch: number) {
    this.#data = data;
    this.#ground = ground;
    this.#generation = generation;
    this.#shardCount = shardCount;
    this.#epoch = epoch;
  }

  /** Makes the directories, of which nothing is left from an earlier attempt. */
  async begin(): Promise<void> {
    const { fileSystem, path } = this.#data;
    callStorage(path, () => fileSystem.removeDirectory(join(path, `generation-${this.#generation}`)));
    await this.#data.makeShardDirectories(this.#shardCount, this.#generation);
  }

  /** Puts entries of state, in the order of their keys. */
  async put(entries: readonly StoreEntry[]): Promise<void> {
    for (const { key, value } of entries) {
      const shard = shardOfKeyGroup(keyGroupOfKey(key) as KeyGroup, this.#shardCount);
      while (this.#shard < shard) await this.#nextShard();
      const puts = this.#puts as PutWriter;
      if (puts.put(key, value)) await puts.write();
    }
  }

  async #nextShard(): Promise<void> {
    await this.#endShard();
    this.#shard++;
    if (this.#shard === this.#shardCount) return;
    const directory = this.#data.shardDirectory(this.#shard, this.#generation);
    this.#store = await openShardStore(this.#data, this.#ground, directory);
    this.#puts = new PutWriter(this.#store);
  }

  async #endShard(): Promise<void> {
    await this.#puts?.end((batch) => batch.put(APPLIED_KEY, Buffer.from(String(this.#epoch))));
    await this.#closeStore();
  }

  async #closeStore(): Promise<void> {
    const store = this.#store;
    await this.#puts?.settled();
    this.#store = undefined;
    this.#puts = undefined;
    await store?.close();
  }

  /** All state has been put; messages come now. */
  async endState(): Promise<void> {
    while (this.#shard < this.#shardCount) await this.#nextShard();
    for (let shard = 0; shard < this.#shardCount; shard++) {
      const directory = this.#data.shardDirectory(shard, this.#generation);
      this.#deltas.push(new FirstDelta(this.#data.fileSystem, directory, this.#epoch));
    }
  }

  /** Messages in flight; those of one target stay in their order. */
  add(messages: readonly PortableMessage[]): void {
    for (const message of messages) this.#deltas[shardOfHash(hashId(message.targetId), this.#shardCount)].add(message);
  }

  /** Resolves when all of it is durable; what it returns is for the manifest. */
  async finish(): Promise<DeltaLocation[]> {
    const locations: DeltaLocation[] = [];
    for (const delta of this.#deltas) locations.push(await delta.finish());
    return locations;
  }

  /** Gives up; what was written stays and counts for nothing. */
  async abandon(): Promise<void> {
    for (const delta of this.#deltas) delta.close();
    await this.#closeStore().catch(() => {});
  }
}
