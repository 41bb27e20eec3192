/**
 * An immutable sorted file, open for reading. Whoever reads from it retains it; it is closed, and removed if it was
 * replaced, when the last one lets go. Every page is verified when it is read from disk, not again when it comes from
 * the cache.
 */
import { crc32 } from 'node:zlib';
import { assert } from '../src/base/assert.ts';
import type { OpenFile } from '../src/base/file-system.ts';
import { damaged } from '../src/store/storage-failure.ts';
import { filterHas } from './bloom-filter.ts';
import type { EntryReader } from './entry.ts';
import { indexFilterBytes, pageEnd, pageNumberOf, RootIndex } from './index-pages.ts';
import { readU32 } from './little-endian.ts';
import type { TableInfo } from './manifest-layout.ts';
import { findInPage } from './page.ts';
import type { CachedPage, PageCache } from './page-cache.ts';
import { CRC_BYTES, pageSeed } from './table-layout.ts';

export class Table {
  readonly info: TableInfo;
  readonly #file: OpenFile;
  readonly #cache: PageCache;
  readonly #onClose: (table: Table) => void;
  readonly #pages = new Map<number, CachedPage>();
  #root: RootIndex | undefined;
  #users = 1;

  /** The maker is the first user. */
  constructor(file: OpenFile, info: TableInfo, cache: PageCache, onClose: (table: Table) => void) {
    this.#file = file;
    this.info = info;
    this.#cache = cache;
    this.#onClose = onClose;
    const byteLength = file.byteLength();
    if (byteLength !== info.byteLength) {
      const what = `the table has ${byteLength} bytes, and had ${info.byteLength} when it was written`;
      throw damaged(file.path, Math.min(byteLength, info.byteLength), what);
    }
  }

  get root(): RootIndex {
    const { byteLength, rootBytes } = this.info;
    this.#root ??= new RootIndex(this.readPage(byteLength - rootBytes, rootBytes));
    return this.#root;
  }

  retain(): void {
    assert(this.#users > 0, 'a table that is closed is not used again');
    this.#users++;
  }

  release(): void {
    assert(this.#users > 0, 'a table is released once by each of its users');
    if (--this.#users > 0) return;
    this.#cache.drop(this.#pages);
    this.#file.close();
    this.#onClose(this);
  }

  /** Moves the entry to that of the key, be it a deletion; false if the table has none. */
  find(key: Uint8Array, hash: number, entry: EntryReader): boolean {
    const root = this.root;
    const group = root.groupOf(key);
    if (group < 0) return false;
    const index = this.#cachedPage(root.indexOffset(group), root.indexBytes(group));
    if (!filterHas(index, indexFilterBytes(index), hash)) return false;
    const page = pageNumberOf(index, key);
    if (page < 0) return false;
    const start = pageEnd(index, page - 1);
    return findInPage(this.#cachedPage(root.groupStart(group) + start, pageEnd(index, page) - start), key, entry);
  }

  /** A page from disk, verified; the cache stays as it is. */
  readPage(offsetBytes: number, byteLength: number): Uint8Array {
    const page = this.#file.readAt(offsetBytes, byteLength);
    if (page.length !== byteLength) {
      throw damaged(this.#file.path, offsetBytes + page.length, 'the table ends here, in the middle of a page');
    }
    const bodyBytes = byteLength - CRC_BYTES;
    const seed = pageSeed(this.info.number, offsetBytes);
    if (crc32(page.subarray(0, bodyBytes), seed) !== readU32(page, bodyBytes)) {
      throw damaged(this.#file.path, offsetBytes, `the page of ${byteLength} bytes does not match its checksum`);
    }
    return page;
  }

  #cachedPage(offsetBytes: number, byteLength: number): Uint8Array {
    const cached = this.#pages.get(offsetBytes);
    if (cached !== undefined) {
      cached.wasUsed = true;
      return cached.bytes;
    }
    const page = this.readPage(offsetBytes, byteLength);
    this.#cache.add(this.#pages, offsetBytes, page);
    return page;
  }
}
