/**
 * What may be asked of a shard's dead letters: to list a page of them, to send them again, to give one another message,
 * to drop them. Each is handled by itself within one turn: it is sent again in the turn that removes it, so it is either
 * still there or in flight at any cut (I6), and asking twice does nothing twice.
 */
import { type DeadLetter, patternTest, type PortableFilter } from '../../sdk/dead-letter.ts';
import {
  deadLetterOf,
  type DeadLetterRow,
  type DeadLetterRows,
  type FoundLetter,
  messageOf,
} from '../failing/dead-letters.ts';
import { ReadAhead } from '../durable/read-ahead.ts';
import { doneAtOnce, type RequestTopics, type RequestWork, type Slice } from './requests.ts';
import type { Workplace } from '../workplace.ts';

/** Those that one turn handles. */
const SLICE_COUNT = 64;
/** While so many messages wait in the mailbox, nothing is sent again. */
const MAILBOX_COUNT_MAX = 1_024;
/** What a page may hold, if it holds more than one. */
const PAGE_COUNT = 256;
const PAGE_BYTES = 1 << 17;

/** Some dead letters: by their keys, or by what they are. */
export type Selection = { readonly keys: readonly string[] } | { readonly filter: PortableFilter };

export interface ListBody {
  readonly filter: PortableFilter;
  /** The key of the last one of the page before; empty for the first page. */
  readonly after: string;
  readonly countMax: number;
}

/** As it travels: the message as bytes. */
export interface ListedLetter {
  readonly letter: Omit<DeadLetter, 'message'>;
  readonly message: Uint8Array;
}

export interface ListPage {
  readonly letters: readonly ListedLetter[];
  /** Where the next page goes on; null when there is none. */
  readonly after: string | null;
}

export interface EditBody {
  readonly key: string;
  readonly message: Uint8Array;
}

export interface DeadLetterPlace {
  readonly workplace: Workplace;
  readonly letters: DeadLetterRows;
  /** The shard's. */
  readonly firstGroup: number;
  readonly endGroup: number;
  mailboxCount(): number;
  /** A turn is due. */
  progressed(): void;
}

export function deadLetterTopics(place: DeadLetterPlace): RequestTopics {
  return {
    'dead-letters.list': (body) => new Listing(place, body as ListBody),
    'dead-letters.redrive': (body) => new Batch(place, body as Selection, (found) => redrive(place, found)),
    'dead-letters.drop': (body) =>
      new Batch(place, body as Selection, ({ key }) => {
        place.letters.remove(key);
        return true;
      }),
    'dead-letters.edit': (body) =>
      doneAtOnce(() => {
        const { key, message } = body as EditBody;
        return { count: place.letters.edit(key, message) ? 1 : 0, isDone: true, value: null };
      }),
  };
}

/** Sends it again and removes it; false if that cannot be. */
function redrive({ workplace, letters }: DeadLetterPlace, { key, row }: FoundLetter): boolean {
  const { directory, effects } = workplace;
  const type = directory.findFunction(row.type);
  if (type === undefined) return false;
  const [source, sourceId] = directory.sourceNumber(row.source);
  try {
    effects.addMessage(type, row.id, messageOf(row), source, sourceId, row.meta ?? undefined);
  } catch {
    // It is longer than messages may be now.
    return false;
  }
  letters.remove(key);
  return true;
}

function filterTest({ type, id, error }: PortableFilter): (row: DeadLetterRow) => boolean {
  const [isType, isId, isError] = [type, id, error].map(patternTest);
  return (row) => {
    if (!isType(row.type) || !isId(row.id)) return false;
    const { name, code, message } = row.error;
    return isError(name) || isError(message) || (code !== undefined && isError(code));
  };
}

function scanOf(
  { letters, firstGroup, endGroup, progressed }: DeadLetterPlace,
  after: string,
  filter: PortableFilter,
): ReadAhead<FoundLetter> {
  return new ReadAhead(letters.scan(after, firstGroup, endGroup, filter.from, filter.to), progressed);
}

/** Does the same with many. */
class Batch implements RequestWork {
  readonly #place: DeadLetterPlace;
  readonly #act: (found: FoundLetter) => boolean;
  readonly #scan: ReadAhead<FoundLetter> | undefined;
  readonly #keys: readonly string[];
  readonly #isMeant: (row: DeadLetterRow) => boolean;
  #next = 0;
  #leftCount = 0;

  constructor(place: DeadLetterPlace, selection: Selection, act: (found: FoundLetter) => boolean) {
    this.#place = place;
    this.#act = act;
    this.#keys = 'keys' in selection ? selection.keys : [];
    this.#scan = 'filter' in selection ? scanOf(place, '', selection.filter) : undefined;
    this.#isMeant = 'filter' in selection ? filterTest(selection.filter) : () => true;
  }

  get hasWork(): boolean {
    return !this.isWaiting;
  }

  get isWaiting(): boolean {
    return this.#scan?.isReading === true;
  }

  work(): Slice | undefined {
    if (this.isWaiting || this.#place.mailboxCount() >= MAILBOX_COUNT_MAX) return undefined;
    let count = 0;
    for (const key of this.#takeKeys()) {
      // As it is now: somebody may have edited it, or removed it.
      const row = this.#place.letters.get(key);
      if (row === undefined || !this.#isMeant(row)) continue;
      if (this.#act({ key, row })) count++;
      else this.#leftCount++;
    }
    const isDone = this.#scan?.isDone ?? this.#next >= this.#keys.length;
    return { count, isDone, value: isDone ? this.#leftCount : null };
  }

  #takeKeys(): readonly string[] {
    if (this.#scan !== undefined) return this.#scan.take(SLICE_COUNT).map(({ key }) => key);
    const keys = this.#keys.slice(this.#next, this.#next + SLICE_COUNT);
    this.#next += SLICE_COUNT;
    return keys;
  }
}

/** Gathers one page. */
class Listing implements RequestWork {
  readonly #place: DeadLetterPlace;
  readonly #scan: ReadAhead<FoundLetter>;
  readonly #isMeant: (row: DeadLetterRow) => boolean;
  readonly #countMax: number;
  readonly #letters: ListedLetter[] = [];
  #byteLength = 0;
  #last = '';

  constructor(place: DeadLetterPlace, { filter, after, countMax }: ListBody) {
    this.#place = place;
    this.#scan = scanOf(place, after, filter);
    this.#isMeant = filterTest(filter);
    this.#countMax = Math.min(countMax, PAGE_COUNT);
  }

  get hasWork(): boolean {
    return !this.isWaiting;
  }

  get isWaiting(): boolean {
    return this.#scan.isReading;
  }

  work(): Slice | undefined {
    if (this.isWaiting) return undefined;
    for (const { key } of this.#scan.take(SLICE_COUNT)) {
      const row = this.#place.letters.get(key);
      if (row === undefined || !this.#isMeant(row)) continue;
      if (this.#isFull(row)) {
        this.#scan.close();
        return this.#page(this.#last);
      }
      this.#add(key, row);
    }
    return this.#scan.isDone ? this.#page(null) : { count: 0, isDone: false, value: null };
  }

  #isFull({ message }: DeadLetterRow): boolean {
    const { length } = this.#letters;
    return length >= this.#countMax || (length > 0 && this.#byteLength + message.length > PAGE_BYTES);
  }

  #add(key: string, row: DeadLetterRow): void {
    this.#letters.push({ letter: deadLetterOf(key, row), message: row.message });
    this.#byteLength += row.message.length + (row.error.stack?.length ?? 0);
    this.#last = key;
  }

  #page(after: string | null): Slice {
    return { count: 0, isDone: true, value: { letters: this.#letters, after } satisfies ListPage };
  }
}
