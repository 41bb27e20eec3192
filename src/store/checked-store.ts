/**
 * A state store whose values carry their own checksum, over any other. Not every store notices when the disk gives back
 * something else than was written (LevelDB does so for part of it), and a wrong value that goes on unnoticed is worse
 * than none. So each value ends with a checksum of its key and itself, verified whenever it is read.
 *
 * ```
 *   │ value … │ crc32 over key and value, 4 bytes, little-endian │     starts from the length of the key
 * ```
 *
 * An entry that is gone altogether shows no checksum, so a key that was lost on disk is found by a scrub, which lets the
 * store verify its files, and not by a look-up. The calls are as hot as those of the store beneath: nothing is done here for each entry but two checksums
 * and, on writing, one copy.
 */
import { crc32 } from 'node:zlib';
import { MillraceError } from '../sdk/errors.ts';
import type { StateStore, StoreBatch, StoreCapabilities, StoreEntry } from './state-store.ts';

const CHECKSUM_BYTES = 4;
/** How many damaged keys a report lists; all are counted. */
const LISTED_KEYS_MAX = 1000;
const SCRUB_GROUP_BYTES = 1 << 18;
const READABLE_BYTES_MAX = 120;
const SCRATCH_BYTES = 1 << 12;

export interface ScrubReport {
  /** Entries that were read, damaged ones included. */
  readonly entryCount: number;
  readonly damagedCount: number;
  /** The first of the damaged keys, as far as they can be read. */
  readonly damagedKeys: readonly string[];
  /** Set when the store beneath found damage in its files; if it could not go on, the rest was not read. */
  readonly failure: MillraceError | undefined;
}

export class CheckedStore implements StateStore {
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  get capabilities(): StoreCapabilities {
    return this.#store.capabilities;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const values = await this.#store.getMany(keys);
    for (let index = 0; index < values.length; index++) {
      const stored = values[index];
      if (stored !== undefined) values[index] = verified(keys[index], stored);
    }
    return values;
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    const stored = this.#store.getSync(key);
    return stored && verified(key, stored);
  }

  batch(): StoreBatch {
    return new CheckedBatch(this.#store.batch());
  }

  scan(from: Uint8Array, before: Uint8Array | undefined, groupBytes?: number): AsyncIterable<readonly StoreEntry[]> {
    // Asked for at once, since what it sees is decided by the time of the call.
    return verifiedGroups(this.#store.scan(from, before, groupBytes));
  }

  /** Reads everything, says from time to time how many entries that were, and reports what is damaged. */
  async scrub(onProgress: (entryCount: number) => void = () => {}): Promise<ScrubReport> {
    let entryCount = 0;
    let damagedCount = 0;
    const damagedKeys: string[] = [];
    try {
      for await (const group of this.#store.scan(new Uint8Array(0), undefined, SCRUB_GROUP_BYTES)) {
        for (const { key, value } of group) {
          entryCount++;
          if (isIntact(key, value)) continue;
          if (damagedCount++ < LISTED_KEYS_MAX) damagedKeys.push(readableKey(key));
        }
        onProgress(entryCount);
      }
      await this.#store.verify?.();
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'DATA_DAMAGED') throw error;
      return { entryCount, damagedCount, damagedKeys, failure: error };
    }
    return { entryCount, damagedCount, damagedKeys, failure: undefined };
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

class CheckedBatch implements StoreBatch {
  readonly #batch: StoreBatch;
  /** The batch beneath copies what it is given, so one buffer serves all values. */
  #scratch: Uint8Array = new Uint8Array(SCRATCH_BYTES);

  constructor(batch: StoreBatch) {
    this.#batch = batch;
  }

  get count(): number {
    return this.#batch.count;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const end = value.length;
    if (end + CHECKSUM_BYTES > this.#scratch.length) this.#scratch = new Uint8Array(2 * end + CHECKSUM_BYTES);
    const scratch = this.#scratch;
    const checksum = checksumOf(key, value);
    scratch.set(value);
    scratch[end] = checksum;
    scratch[end + 1] = checksum >>> 8;
    scratch[end + 2] = checksum >>> 16;
    scratch[end + 3] = checksum >>> 24;
    this.#batch.put(key, scratch.subarray(0, end + CHECKSUM_BYTES));
  }

  delete(key: Uint8Array): void {
    this.#batch.delete(key);
  }

  write(): Promise<void> {
    return this.#batch.write();
  }
}

function verifiedGroups(groups: AsyncIterable<readonly StoreEntry[]>): AsyncIterableIterator<readonly StoreEntry[]> {
  const iterator = groups[Symbol.asyncIterator]();
  const finish = async (): Promise<IteratorResult<readonly StoreEntry[]>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await iterator.next();
      if (result.done === true) return { done: true, value: undefined };
      try {
        return { done: false, value: result.value.map(({ key, value }) => ({ key, value: verified(key, value) })) };
      } catch (error) {
        await finish();
        throw error;
      }
    },
    return: finish,
  };
}

function checksumOf(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key, key.length));
}

function isIntact(key: Uint8Array, stored: Uint8Array): boolean {
  const end = stored.length - CHECKSUM_BYTES;
  return end >= 0 && storedChecksum(stored, end) === checksumOf(key, stored.subarray(0, end));
}

function storedChecksum(stored: Uint8Array, at: number): number {
  return (stored[at] | (stored[at + 1] << 8) | (stored[at + 2] << 16) | (stored[at + 3] << 24)) >>> 0;
}

/** The value without its checksum. */
function verified(key: Uint8Array, stored: Uint8Array): Uint8Array {
  const end = stored.length - CHECKSUM_BYTES;
  if (end < 0) throw damagedValue(key);
  const value = stored.subarray(0, end);
  if (storedChecksum(stored, end) !== checksumOf(key, value)) throw damagedValue(key);
  return value;
}

function damagedValue(key: Uint8Array): MillraceError {
  const readable = readableKey(key);
  return new MillraceError('DATA_DAMAGED', `The stored value of key ${readable} does not match its checksum`, {
    details: { key: readable },
  });
}

/** ASCII as it is, everything else as `\xNN`; long keys are cut. */
export function readableKey(key: Uint8Array): string {
  const shown = [...key.subarray(0, READABLE_BYTES_MAX)].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `"${shown.join('')}"${key.length > READABLE_BYTES_MAX ? `… (${key.length} bytes)` : ''}`;
}
