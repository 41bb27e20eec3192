/**
 * What the records of the delta being written are of, in their order, for the fold (`WrittenDelta`). The shard's snapshot
 * owns it and adds to it as it encodes.
 */
import type { Entity } from '../../state/entity.ts';
import { NO_RECORD, recordDistance, recordNumber } from '../../state/record-number.ts';
import { ChunkList, type ChunkPool, numberChunks } from './chunk-list.ts';
import type { Item } from './dirty-entities.ts';
import type { WrittenDelta } from './written-delta.ts';

type Lists = Pick<WrittenDelta, 'items' | 'firstRecord' | 'replaced' | 'others'>;

export class DeltaRecords {
  readonly #chunks: ChunkPool<Item>;
  readonly #numbers = numberChunks();
  #items: ChunkList<Item>;
  #firstRecord = 0;
  #replaced: ChunkList<number> = new ChunkList(this.#numbers);
  #others: ChunkList<number> = new ChunkList(this.#numbers);

  /** Its lists are made of these chunks. */
  constructor(chunks: ChunkPool<Item>) {
    this.#chunks = chunks;
    this.#items = new ChunkList(chunks);
  }

  get count(): number {
    return this.#items.length;
  }

  /** Returns whether it has one of this entity already. */
  addEntity(entity: Entity): boolean {
    const { lastRecord } = entity;
    const count = this.#items.length;
    this.#replaced.push(lastRecord);
    entity.lastRecord = recordNumber(this.#firstRecord, count);
    this.#items.push(entity);
    return lastRecord !== NO_RECORD && recordDistance(this.#firstRecord, lastRecord) < count;
  }

  /** Of something that is no entity, its records lie together. */
  addOther(item: Item, recordCount: number): void {
    this.#others.push(this.#items.length);
    for (let record = 0; record < recordCount; record++) {
      this.#replaced.push(NO_RECORD);
      this.#items.push(item);
    }
  }

  /** The lists so far; then begins those of the next delta. */
  take(): Lists {
    const lists = {
      items: this.#items,
      firstRecord: this.#firstRecord,
      replaced: this.#replaced,
      others: this.#others,
    };
    for (const list of [lists.items, lists.replaced, lists.others]) list.trim();
    this.#firstRecord = recordNumber(this.#firstRecord, this.#items.length);
    this.#items = new ChunkList(this.#chunks);
    this.#replaced = new ChunkList(this.#numbers);
    this.#others = new ChunkList(this.#numbers);
    return lists;
  }
}
