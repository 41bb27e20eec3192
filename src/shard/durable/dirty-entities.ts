/**
 * Which entities were written since the last cut, and which are still needed in memory although they are clean. Epochs
 * are counted here from the start of this run, so that they stay small integers; `base` is the epoch before the first.
 *
 * An entity is *pinned* from its first write until the store holds it: until then memory alone knows where its newest
 * value is, and a fetch from the store would give an old one. Pinned entities stay in the table, even when they are
 * blank: there is then exactly one object per address, and its removal reaches the store.
 *
 * Rows and erasures (`state/row.ts`) are kept track of in the same way, and so are pairs of rows, which are numbers: their
 * epochs lie elsewhere (`PairedRows`).
 *
 * Without a data directory nothing ever becomes dirty: the epoch is 0, as it is in every entity.
 */
import type { Pair } from '../../state/pair-layout.ts';
import type { Stored } from '../../state/row.ts';
import { ChunkList, type ChunkPool, referenceChunks } from './chunk-list.ts';

/** What lists and deltas name: an entity, a row, an erasure, or a pair of rows. */
export type Item = Stored | Pair;

/** No entity is dirty in this epoch. */
const NO_EPOCH = -0x3fffffff;

export class DirtyEntities {
  /** In which entities are written now; 0 when nothing is kept track of. */
  epoch = 0;
  /** The last epoch that the store holds. */
  appliedEpoch = 0;
  /** How many entities are pinned. */
  pinnedCount = 0;
  /** The epoch of the cut that is being encoded. */
  #cutEpoch = NO_EPOCH;
  /** Those of lists of items. */
  readonly chunks: ChunkPool<Item> = referenceChunks<Item>();
  #list: ChunkList<Item> = new ChunkList(this.chunks);
  /** Encodes an entity as it was at the cut, before it changes: copy on write. */
  #encode: (entity: Item) => void = () => {};

  get count(): number {
    return this.#list.length;
  }

  /** An entity is about to be written for the first time in this epoch. */
  touch(entity: Stored): void {
    if (entity.dirtyEpoch === this.#cutEpoch) this.#encode(entity);
    if (!this.pins(entity)) this.pinnedCount++;
    entity.dirtyEpoch = this.epoch;
    this.#list.push(entity);
  }

  /** The same of a pair, which was written last in that epoch; whoever calls notes that it is this one now. */
  touchPair(pair: Pair, dirtyEpoch: number): void {
    if (dirtyEpoch === this.#cutEpoch) this.#encode(pair);
    if (!this.pinsEpoch(dirtyEpoch)) this.pinnedCount++;
    this.#list.push(pair);
  }

  /** What was touched for the first time in this epoch is not to be written after all. */
  forget(entity: Stored): void {
    if (this.pins(entity)) this.pinnedCount--;
    entity.dirtyEpoch = 0;
  }

  /** Whether memory alone knows the newest value of this entity. */
  pins(entity: Stored): boolean {
    return this.pinsEpoch(entity.dirtyEpoch);
  }

  /** The same of what was written last in this epoch. */
  pinsEpoch(dirtyEpoch: number): boolean {
    return Math.abs(dirtyEpoch) > this.appliedEpoch;
  }

  /** What this epoch has written so far; entities that were encoded ahead come again when they are written again. */
  get open(): ChunkList<Item> {
    return this.#list;
  }

  /** Whether this epoch has written it, and it was not encoded since. */
  isOpen(entity: Stored): boolean {
    return entity.dirtyEpoch === this.epoch;
  }

  /** It has been encoded before the epoch ends. Whoever writes it again touches it again. */
  markEncodedAhead(entity: Stored): void {
    entity.dirtyEpoch = -this.epoch;
  }

  /** Ends the epoch; returns what was written in it, each once but for what was encoded ahead. */
  cut(encode: (item: Item) => void): ChunkList<Item> {
    const list = this.#list;
    this.#list = new ChunkList(this.chunks);
    this.#cutEpoch = this.epoch;
    this.#encode = encode;
    this.epoch++;
    return list;
  }

  /** Whether the cut still has to encode this entity. */
  isInCut(entity: Stored): boolean {
    return entity.dirtyEpoch === this.#cutEpoch;
  }

  /** The epoch of the cut that is being encoded. */
  get cutEpoch(): number {
    return this.#cutEpoch;
  }

  /** The entity has been encoded as it was at the cut. */
  markEncoded(entity: Stored): void {
    entity.dirtyEpoch = -this.#cutEpoch;
  }

  /** Everything of the cut has been encoded. */
  endCut(): void {
    this.#cutEpoch = NO_EPOCH;
  }
}
