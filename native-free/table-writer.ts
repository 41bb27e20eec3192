/**
 * Writes one table from front to back, out of entries that come in ascending order. It holds one page and what the index
 * page of the current group needs, so its memory does not grow with the table, but for the root. Until the table is
 * finished and the manifest names it, it is a file that the next opening removes.
 */
import type { FileSystem, OpenFile } from '../src/base/file-system.ts';
import { buildFilter } from './bloom-filter.ts';
import type { EntryReader } from './entry.ts';
import { buildIndexPage, buildRootPage, type GroupInfo } from './index-pages.ts';
import { hashRange } from './key-hash.ts';
import { PageWriter } from './page.ts';
import { GROUP_BYTES, GROUP_KEYS } from './table-layout.ts';
import type { TableInfo } from './manifest-layout.ts';

export class TableWriter {
  entryCount = 0;
  byteLength = 0;
  readonly #file: OpenFile;
  readonly #number: number;
  readonly #page = new PageWriter();
  readonly #groups: GroupInfo[] = [];
  #groupStart = 0;
  #hashes: number[] = [];
  #firstKeys: Uint8Array[] = [];
  #pageEnds: number[] = [];

  constructor(fileSystem: FileSystem, path: string, number: number) {
    this.#file = fileSystem.open(path, 'create');
    this.#number = number;
  }

  add(entry: EntryReader): void {
    if (!this.#page.hasRoomFor(entry.end - entry.start)) this.#endPage();
    if (this.#page.count === 0) this.#firstKeys.push(entry.copyKey());
    this.#page.add(entry);
    this.#hashes.push(hashRange(entry.bytes, entry.keyStart, entry.keyEnd));
    this.entryCount++;
  }

  /** Resolves when the bytes of the table are durable; its name in the directory is not yet. */
  async finish(): Promise<TableInfo> {
    if (this.#page.count > 0) this.#endPage();
    if (this.#hashes.length > 0) this.#endGroup();
    const root = buildRootPage(this.#groups, this.#number, this.byteLength);
    this.#append(root);
    await this.#file.sync();
    return {
      number: this.#number,
      byteLength: this.byteLength,
      rootBytes: root.length,
      entryCount: this.entryCount,
    };
  }

  /** Lets go of the file, finished or not. */
  close(): void {
    this.#file.close();
  }

  #endPage(): void {
    this.#append(this.#page.finish(this.#number, this.byteLength));
    this.#page.clear();
    const groupBytes = this.byteLength - this.#groupStart;
    this.#pageEnds.push(groupBytes);
    if (groupBytes >= GROUP_BYTES || this.#hashes.length >= GROUP_KEYS) this.#endGroup();
  }

  #endGroup(): void {
    const filter = buildFilter(this.#hashes);
    const index = buildIndexPage(filter, this.#firstKeys, this.#pageEnds, this.#number, this.byteLength);
    this.#append(index);
    const firstKey = this.#firstKeys[0];
    this.#groups.push({ firstKey, endOffsetBytes: this.byteLength, indexBytes: index.length });
    this.#groupStart = this.byteLength;
    this.#hashes = [];
    this.#firstKeys = [];
    this.#pageEnds = [];
  }

  #append(bytes: Uint8Array): void {
    this.#file.append(bytes);
    this.byteLength += bytes.length;
  }
}
