/**
 * What the changelog has and the store has not, after a start: the committed records, as bytes. A restart must not take
 * longer because there is more state, so nothing is made of a record before somebody wants it: an entity when a message
 * comes for it, and everything else when the next round of folding has put it into the store. Then all of this is
 * dropped.
 *
 * Reading puts records into pages with an index each. Of frames that bring an index of their own, only that is read, and
 * the records stay where they are on the disk until somebody wants one, or until `load` has read them all, behind the
 * start. Which of a key's records is the newest of all is found later, by
 * `sift`, in the steps of that round; until then a search begins with the newest page.
 */
import { isEntityKey, NOTHING, type RecordSpan, readRecord } from '../../state/record-reader.ts';
import { Erasure, RecoveredRow, Row, type Stored } from '../../state/row.ts';
import type { OpenSegments } from '../../store/changelog-segments.ts';
import { RecordFrame } from './record-frame.ts';
import type { RecordIndex } from './record-index.ts';
import { hashOfKey, PAGE_COUNT_MAX, PageDraft, type RecordPage } from './record-page.ts';

/** Records that one step of sifting looks at. */
const SIFT_COUNT = 64;
/** Slots for each record that may be the newest of its key. */
const SLOTS_PER_RECORD = 2;

/** What has been made of the record that `span` describes: a row, or an erasure; undefined if it is nobody's concern here. */
export type TakeRow = (frame: Buffer, span: RecordSpan) => Stored | undefined;

/** A record. */
export interface RecoveredRecord {
  readonly bytes: Buffer;
  /** The places of key and value in it; `NOTHING` instead of a value when it has been removed. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly end: number;
  /** Of the run, as in `DirtyEntities`. */
  readonly epoch: number;
  /** What has been made of it. */
  readonly item: Stored | undefined;
}

export class RecoveredRecords {
  /** Records, the older ones of each key included, and their length. */
  recordCount = 0;
  byteLength = 0;
  /** Of the last delta. */
  lastEpoch = 0;
  readonly erasures: Erasure[] = [];
  /** Oldest first. */
  readonly #pages: RecordPage[] = [];
  #draft: PageDraft | undefined;
  /** Entries of rows that were erased after they were written. */
  readonly #removed = new Set<number>();
  #isSifted = false;
  /** Frames that lie where they are. */
  #unread: RecordFrame[] = [];
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };

  readonly #pageCountMax: number;

  /** Where frames lie that are not read. */
  readonly #segments: OpenSegments | undefined;

  /** A page holds so many records. */
  constructor(pageCountMax: number = PAGE_COUNT_MAX, segments?: OpenSegments) {
    this.#pageCountMax = pageCountMax;
    this.#segments = segments;
  }

  get isEmpty(): boolean {
    return this.recordCount === 0;
  }

  /** Keys, and no fewer: until they are sifted, older records count, too. */
  get count(): number {
    return this.#pages.reduce((sum, { newestCount }) => sum + newestCount, 0);
  }

  /**
   * Takes a frame of records over, whose bytes must not change any more; frames of older epochs go first. `takeRow` sees
   * the records that are not of entities, and says what it has made of them: a row, an erasure, which has no entry, or nothing.
   * A row that is not kept any more is one that has been forgotten, and so is its entry.
   */
  addFrame(frame: Buffer, epoch: number, takeRow: TakeRow): void {
    this.#draft ??= new PageDraft();
    const draft = this.#draft;
    draft.begin(RecordFrame.of(frame, epoch));
    this.byteLength += frame.length;
    const span = this.#span;
    for (let at = 0; at < frame.length; at = span.end) {
      const { keyStart, keyEnd } = readRecord(frame, at, span);
      this.recordCount++;
      const isEntity = isEntityKey(frame, keyStart);
      const item = isEntity ? undefined : takeRow(frame, span);
      if (item instanceof Erasure) this.erasures.push(item);
      if (item instanceof Erasure || (!isEntity && item === undefined)) continue;
      if (item instanceof RecoveredRow && !item.isKept) {
        this.#forget(item.entry);
        continue;
      }
      const index = draft.add(hashOfKey(frame, keyStart, keyEnd), at);
      if (item !== undefined) draft.items.set(index, item);
      if (item instanceof RecoveredRow) item.addEntry(entryOf(this.#pages.length, index));
      if (draft.count >= this.#pageCountMax) this.#pages.push(draft.finish());
    }
  }

  /** A record counts no more, and nothing is kept of what was made of it. */
  #forget(entry: number): void {
    const page = this.#pages[Math.floor(entry / PAGE_COUNT_MAX)] ?? this.#draft;
    page.forget(entry % PAGE_COUNT_MAX);
  }

  /** The same of a frame of entities that has an index, and is not read. */
  addIndexed(frame: RecordFrame, { count, hashes, starts }: RecordIndex): void {
    this.#draft ??= new PageDraft();
    const draft = this.#draft;
    this.#unread.push(frame);
    this.byteLength += frame.byteLength;
    this.recordCount += count;
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + this.#pageCountMax - draft.count);
      draft.addMany(frame, hashes.subarray(from, to), starts.subarray(from, to));
      if (draft.count >= this.#pageCountMax) this.#pages.push(draft.finish());
      from = to;
    }
  }

  /** All has been added: notes which rows an erasure has taken away after they were written. */
  seal(): void {
    if (this.#draft !== undefined && this.#draft.count > 0) this.#pages.push(this.#draft.finish());
    this.#draft = undefined;
    this.#pages.forEach(({ items }, page) => {
      for (const [index, item] of items) {
        if (item instanceof Row && item.value === undefined) this.#removed.add(entryOf(page, index));
      }
    });
  }

  /** The entry of the newest record of a key whose id has this hash; -1 if there is none. */
  find(hash: number, key: Buffer, keyLength: number): number {
    for (let page = this.#pages.length - 1; page >= 0; page--) {
      const index = this.#pages[page].find(hash, key, 0, keyLength);
      if (index !== -1) return entryOf(page, index);
    }
    return -1;
  }

  record(entry: number): RecoveredRecord {
    const page = this.#pages[Math.floor(entry / PAGE_COUNT_MAX)];
    const index = entry % PAGE_COUNT_MAX;
    const { epoch } = page.frame(index);
    const bytes = page.locate(index, this.#span);
    const { keyStart, keyEnd, valueStart, end } = this.#span;
    return {
      bytes,
      keyStart,
      keyEnd,
      valueStart: this.#removed.has(entry) ? NOTHING : valueStart,
      end,
      epoch,
      item: page.items.get(index),
    };
  }

  /** Something has been made of a record: whoever drops the records must know of it. */
  take(entry: number, item: Stored): void {
    this.#pages[Math.floor(entry / PAGE_COUNT_MAX)].items.set(entry % PAGE_COUNT_MAX, item);
  }

  get isLoaded(): boolean {
    return this.#unread.length === 0;
  }

  /** Reads what was left where it is, oldest first, a frame a step. */
  *load(): Generator<number, void> {
    for (const frame of this.#unread) {
      frame.load();
      yield 1;
    }
    this.#unread = [];
    this.#segments?.close();
  }

  /**
   * Finds the newest record of each key, once all are loaded, in steps, each of which yields how many records it has looked at; newest first.
   * By one index of all records, since each key is searched for as often as it was written; it is gone at the end.
   */
  *sift(): Generator<number, void> {
    if (this.#isSifted) return;
    let slotCount = 2;
    while (slotCount < this.count * SLOTS_PER_RECORD) slotCount *= 2;
    const seen = { entries: new Int32Array(slotCount), hashes: new Int32Array(slotCount) };
    for (let page = this.#pages.length - 1; page >= 0; page--) {
      for (let index = this.#pages[page].count - 1; index >= 0; index--) {
        this.#sift(seen, page, index);
        if (index % SIFT_COUNT === 0) yield SIFT_COUNT;
      }
    }
    this.#isSifted = true;
  }

  #sift({ entries, hashes }: SeenKeys, page: number, index: number): void {
    const own = this.#pages[page];
    if (!own.isNewest(index)) return;
    const hash = own.hash(index);
    const mask = entries.length - 1;
    let slot = hash & mask;
    for (; entries[slot] !== 0; slot = (slot + 1) & mask) {
      if (hashes[slot] !== hash || !this.#isSameKey(entries[slot] - 1, own, index)) continue;
      own.overtake(index);
      return;
    }
    entries[slot] = entryOf(page, index) + 1;
    hashes[slot] = hash;
  }

  #isSameKey(entry: number, page: RecordPage, index: number): boolean {
    const bytes = page.locate(index, this.#span);
    const { keyStart, keyEnd } = this.#span;
    return this.#pages[Math.floor(entry / PAGE_COUNT_MAX)].hasKey(entry % PAGE_COUNT_MAX, bytes, keyStart, keyEnd);
  }

  /** The entries of the newest records, once they are sifted. */
  *newest(): Generator<number> {
    for (let page = 0; page < this.#pages.length; page++) {
      for (let index = 0; index < this.#pages[page].count; index++) {
        if (this.#pages[page].isNewest(index)) yield entryOf(page, index);
      }
    }
  }
}

/** Open addressing: entries + 1, and the hashes of their keys. */
interface SeenKeys {
  readonly entries: Int32Array;
  readonly hashes: Int32Array;
}

function entryOf(page: number, index: number): number {
  return page * PAGE_COUNT_MAX + index;
}
