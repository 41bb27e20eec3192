/**
 * What every case of the store conformance suite works with: one store in a directory of its own, that it can open anew,
 * and short forms of the calls. Bytes are compared as hexadecimal text, so that a difference can be read.
 */
import type { FileSystem } from '../base/file-system.ts';
import type { OpenStore, StateStore, StoreEntry } from '../store/state-store.ts';

export interface StoreConformanceOptions {
  /** Registers one test: that of `node:test`, Vitest or Jest will do. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  readonly openStore: OpenStore;
  /** Makes a new, empty directory in which a store may make one of its own, and returns its path. */
  readonly makeDirectory: () => string | Promise<string>;
  readonly fileSystem: FileSystem;
}

/** One case: its name, and what it does with an open, empty store. It throws when the store does not conform. */
export interface StoreCase {
  readonly name: string;
  readonly run: (subject: StoreSubject) => Promise<void>;
}

/** Small enough that a few thousand entries leave memory. */
const SMALL_CACHE_BYTES = 1 << 18;

export class StoreSubject {
  store: StateStore;
  readonly #open: () => Promise<StateStore>;

  private constructor(store: StateStore, open: () => Promise<StateStore>) {
    this.store = store;
    this.#open = open;
  }

  static async open({ openStore, makeDirectory, fileSystem }: StoreConformanceOptions): Promise<StoreSubject> {
    const directory = `${await makeDirectory()}/store`;
    const open = (): Promise<StateStore> => openStore({ directory, fileSystem, cacheBytes: SMALL_CACHE_BYTES });
    return new StoreSubject(await open(), open);
  }

  async reopen(): Promise<void> {
    await this.store.close();
    this.store = await this.#open();
  }

  /** Writes one batch; `undefined` deletes. */
  async write(
    changes: Iterable<readonly [key: string | Uint8Array, value: string | Uint8Array | undefined]>,
  ): Promise<void> {
    const batch = this.store.batch();
    for (const [key, value] of changes) {
      if (value === undefined) batch.delete(bytes(key));
      else batch.put(bytes(key), bytes(value));
    }
    await batch.write();
  }

  async get(key: string | Uint8Array): Promise<string | undefined> {
    const [value] = await this.store.getMany([bytes(key)]);
    return value === undefined ? undefined : text(value);
  }

  /** All entries of a range as `key=value`. */
  async list(from: string | Uint8Array = '', before?: string | Uint8Array, groupBytes?: number): Promise<string[]> {
    const range = this.store.scan(bytes(from), before === undefined ? undefined : bytes(before), groupBytes);
    return (await entriesOf(range)).map(({ key, value }) => `${text(key)}=${text(value)}`);
  }
}

export async function entriesOf(groups: AsyncIterable<readonly StoreEntry[]>): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  for await (const group of groups) entries.push(...group);
  return entries;
}

/** One byte per character. */
export function bytes(from: string | Uint8Array): Uint8Array {
  return typeof from === 'string' ? Uint8Array.from(Buffer.from(from, 'latin1')) : from;
}

export function text(from: Uint8Array): string {
  return Buffer.from(from).toString('latin1');
}

/** `count` numbered keys, each once, in an order that is not theirs. */
export function shuffledKeys(count: number): string[] {
  // A step that has no factor in common with the count reaches every number once.
  const step = 7_919;
  return Array.from({ length: count }, (_, index) => `key-${String((index * step) % count).padStart(8, '0')}`);
}
