/**
 * The pages that were read lately, of all tables of one store, within a limit of bytes. Each table keeps its pages by
 * their offsets; the cache keeps them in the order of their coming and takes the oldest out, but one that was used since
 * it was last looked at gets a second chance. So a hit costs a look-up and one store.
 */

export interface CachedPage {
  readonly bytes: Uint8Array;
  readonly offsetBytes: number;
  readonly owner: Map<number, CachedPage>;
  wasUsed: boolean;
}

/** Roughly what the objects around a page take. */
const PAGE_OVERHEAD_BYTES = 200;

export class PageCache {
  memoryBytes = 0;
  readonly #memoryBytesMax: number;
  #queue: CachedPage[] = [];
  /** Where the queue begins. */
  #oldest = 0;

  constructor(memoryBytesMax: number) {
    this.#memoryBytesMax = memoryBytesMax;
  }

  add(owner: Map<number, CachedPage>, offsetBytes: number, bytes: Uint8Array): void {
    const page = { bytes, offsetBytes, owner, wasUsed: false };
    owner.set(offsetBytes, page);
    this.#queue.push(page);
    this.memoryBytes += bytes.length + PAGE_OVERHEAD_BYTES;
    while (this.memoryBytes > this.#memoryBytesMax && this.#oldest < this.#queue.length) this.#evict();
  }

  /** Forgets the pages of a table that is closed. */
  drop(owner: Map<number, CachedPage>): void {
    for (const { bytes } of owner.values()) this.memoryBytes -= bytes.length + PAGE_OVERHEAD_BYTES;
    owner.clear();
    this.#queue = this.#queue.slice(this.#oldest).filter((page) => page.owner !== owner);
    this.#oldest = 0;
  }

  #evict(): void {
    const page = this.#queue[this.#oldest];
    this.#oldest++;
    if (page.wasUsed) {
      page.wasUsed = false;
      this.#queue.push(page);
    } else {
      page.owner.delete(page.offsetBytes);
      this.memoryBytes -= page.bytes.length + PAGE_OVERHEAD_BYTES;
    }
    // The part that was taken is given back once it is the greater one, so that it costs little each time.
    if (this.#oldest > 64 && this.#oldest * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}
