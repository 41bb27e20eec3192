/**
 * Where bytes go that do not fit into memory: numbered blocks that are written once, read back once and removed. Spilled
 * bytes need not survive a crash, so nothing here is synced; the checkpoint alone makes things durable.
 */

export interface SpillStorage {
  /** Keeps a block; throws when it cannot (disk full). Returns its number. */
  write(bytes: Uint8Array): number;
  /** Shows a block, which stays. */
  read(block: number, byteLength: number): Uint8Array;
  /** Gives a block back and forgets it. */
  take(block: number, byteLength: number): Uint8Array;
  /** Forgets everything. */
  clear(): void;
}

/** For the simulation and for tests: spills into memory, and counts. */
export class MemorySpillStorage implements SpillStorage {
  blocksWritten = 0;
  readonly #blocks = new Map<number, Uint8Array>();

  write(bytes: Uint8Array): number {
    this.#blocks.set(this.blocksWritten, bytes.slice());
    return this.blocksWritten++;
  }

  read(block: number, byteLength: number): Uint8Array {
    const bytes = this.#blocks.get(block);
    if (bytes?.length !== byteLength) throw new Error(`spilled block ${block} is not there`);
    return bytes;
  }

  take(block: number, byteLength: number): Uint8Array {
    const bytes = this.read(block, byteLength);
    this.#blocks.delete(block);
    return bytes;
  }

  clear(): void {
    this.#blocks.clear();
  }
}
