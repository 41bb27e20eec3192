/**
 * What may be asked of a shard's dead letters: to list a page of them, to send them again, to give them other messages,
 * to drop them. Each is handled by itself within one turn: it is sent again in the turn that removes it, so it is either
 * still there or in flight at any cut (I6), and asking twice does nothing twice.
 *
 * However many are meant, no more are in memory than a part that is being looked at, and what was removed since the store
 * has last been brought up to date, of which there is a bound.
 */
import type { PortableFilter } from '../../sdk/dead-letter.ts';
import { hashId } from '../../keys/id-hash.ts';
import { type DeadLetterRow, messageOf } from '../failing/dead-letters.ts';
import type { PartRow } from '../rows/rows.ts';
import { type EditBody, Edits } from './dead-letter-edits.ts';
import { type ListBody, Listing, type ReadBody, readLetters } from './dead-letter-listing.ts';
import { type DeadLetterPlace, filterTest, readerOf } from './dead-letter-place.ts';
import type { LetterReader } from './letter-reader.ts';
import { doneAtOnce, type RequestTopics, type RequestWork, type Slice } from './requests.ts';
import { StoreBound } from './store-bound.ts';

/** Those that one turn looks at. */
const SLICE_COUNT = 128;
/** While so many messages wait in the mailbox, nothing is sent again. */
const MAILBOX_COUNT_MAX = 1_024;

/** Some dead letters: by their keys, or by what they are. */
export type Selection =
  | { readonly keys: readonly string[] }
  | {
      readonly filter: PortableFilter;
      /** An order that is repeated after a recovery means those that failed before this. */
      readonly repeatTo: number;
    };

/** What became of one: it is done, it has to stay, or it is not its turn yet. */
type Outcome = 'done' | 'left' | 'wait';

export function deadLetterTopics(place: DeadLetterPlace): RequestTopics {
  const drop = ({ key }: PartRow): Outcome => {
    place.letters.remove(key);
    return 'done';
  };
  const editBound = new StoreBound(place);
  return {
    'dead-letters.list': (body) => new Listing(place, body as ListBody),
    'dead-letters.read': (body) => doneAtOnce(() => readLetters(place, body as ReadBody)),
    'dead-letters.redrive': (body, isRepeated) =>
      newBulk(place, body as Selection, isRepeated, (letter, row) => redrive(place, letter, row)),
    'dead-letters.drop': (body, isRepeated) => newBulk(place, body as Selection, isRepeated, drop),
    'dead-letters.edit': (body) => new Edits(place.letters, body as EditBody, editBound),
  };
}

/** Sends it again and removes it, if that can be. */
function redrive(place: DeadLetterPlace, { key }: PartRow, row: () => DeadLetterRow): Outcome {
  const { workplace, letters } = place;
  const { directory, effects } = workplace;
  const letter = row();
  const type = directory.findFunction(letter.type);
  if (type === undefined) return 'left';
  if (isFull(place, type, letter.id)) return 'wait';
  const [source, sourceId] = directory.sourceNumber(letter.source);
  try {
    effects.addMessage(type, letter.id, messageOf(letter), source, sourceId, letter.meta ?? undefined);
  } catch {
    // It is longer than messages may be now.
    return 'left';
  }
  letters.remove(key);
  return 'done';
}

/**
 * Whether as much waits already as somebody outside would have to wait for: in the shard, for the function, or for the
 * address. What waits is written by every checkpoint again, and a dead letter is not.
 */
function isFull({ workplace, mailboxCount, room }: DeadLetterPlace, type: number, id: string): boolean {
  if (mailboxCount() >= MAILBOX_COUNT_MAX || room() <= 0) return true;
  const { directory, entities, held } = workplace;
  if (held.bounds.loadOf(directory.binding(type)).floodCount > 0) return true;
  return (entities.find(type, hashId(id), id)?.waiting?.floodCount ?? 0) > 0;
}

type Act = (letter: PartRow, row: () => DeadLetterRow) => Outcome;

function newBulk(place: DeadLetterPlace, selection: Selection, isRepeated: boolean, act: Act): Bulk {
  if ('keys' in selection) return new Bulk(place, selection.keys, undefined, undefined, act);
  const { filter, repeatTo } = selection;
  const meant = isRepeated ? { ...filter, to: Math.min(filter.to, repeatTo) } : filter;
  return new Bulk(place, [], readerOf(place, '', meant, false), filterTest(meant), act);
}

/** Does the same with many. */
class Bulk implements RequestWork {
  readonly #place: DeadLetterPlace;
  readonly #act: Act;
  readonly #reader: LetterReader | undefined;
  readonly #keys: readonly string[];
  readonly #isMeant: ((row: DeadLetterRow) => boolean) | undefined;
  #nextKey = 0;
  #leftCount = 0;
  readonly #bound: StoreBound;
  /** Whether the next one has to wait for those before it; only a turn of the shard changes that. */
  #isHeld = false;
  #sliceCount = 0;

  constructor(
    place: DeadLetterPlace,
    keys: readonly string[],
    reader: LetterReader | undefined,
    isMeant: ((row: DeadLetterRow) => boolean) | undefined,
    act: Act,
  ) {
    this.#place = place;
    this.#keys = keys;
    this.#reader = reader;
    this.#isMeant = isMeant;
    this.#act = act;
    this.#bound = new StoreBound(place);
  }

  get hasWork(): boolean {
    return !this.isWaiting && !this.#isHeld && !this.#bound.isReached;
  }

  get isWaiting(): boolean {
    return this.#reader?.isWaiting === true;
  }

  work(): Slice | undefined {
    if (this.isWaiting || this.#bound.isReached) return undefined;
    this.#isHeld = false;
    this.#sliceCount = 0;
    if (this.#reader === undefined) this.#takeKeys();
    else this.#reader.take(SLICE_COUNT, this.#handle);
    this.#bound.add(this.#sliceCount);
    // Nobody is to turn again and again for its sake.
    if (this.#isHeld && this.#sliceCount === 0) return undefined;
    const isDone = this.#reader?.isDone ?? this.#nextKey >= this.#keys.length;
    return { count: this.#sliceCount, isDone, value: isDone ? this.#leftCount : null };
  }

  #takeKeys(): void {
    const end = Math.min(this.#keys.length, this.#nextKey + SLICE_COUNT);
    for (; this.#nextKey < end; this.#nextKey++) {
      const key = this.#keys[this.#nextKey];
      const value = this.#place.letters.get(key);
      if (value !== undefined && !this.#handle({ key, stored: undefined, value })) return;
    }
  }

  /** False if its turn has not come. */
  readonly #handle = (letter: PartRow): boolean => {
    const { letters } = this.#place;
    let row: DeadLetterRow | undefined;
    const decoded = (): DeadLetterRow => (row ??= letters.rowOf(letter));
    if (this.#isMeant?.(decoded()) === false) return true;
    const outcome = this.#act(letter, decoded);
    this.#isHeld = outcome === 'wait';
    if (outcome === 'left') this.#leftCount++;
    else if (outcome === 'done') this.#sliceCount++;
    return !this.#isHeld;
  };
}
