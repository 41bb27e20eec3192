/**
 * Reads dead letters from their shards: page by page, those that a filter selects, or some by their ids. Of all there are
 * it holds a page or two.
 */
import type { KeyGroup } from '../base/brand.ts';
import { shardOfKeyGroup } from '../keys/key-group.ts';
import { type DeadLetter, type DeadLetterFilter, type PortableFilter, portableFilter } from '../sdk/dead-letter.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import { deadLetterOf, type DeadLetterRow, keyOfId, messageOf } from '../shard/failing/dead-letters.ts';
import type { ListBody, ListPage, ReadBody } from '../shard/requests/dead-letter-listing.ts';
import { readRecord, readRowValueAt } from '../state/record-reader.ts';
import { readUnsigned } from '../state/row.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import type { ShardDoor } from './shard-door.ts';

/** Those that are read by their ids in one turn of a shard. */
const READ_COUNT = 128;

export interface DeadLetterList extends DeadLetterFilter {
  /** At most so many; default all. */
  readonly limit?: number;
  /** The id of a dead letter; the list goes on behind it. */
  readonly after?: string;
}

const LIST_FIELDS = namesOf<DeadLetterList>('type', 'id', 'error', 'from', 'to', 'limit', 'after');

interface FoundPage {
  readonly shard: number;
  readonly page: ListPage;
}

export class DeadLetterPages {
  readonly #door: ShardDoor;
  readonly #codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);

  constructor(door: ShardDoor) {
    this.#door = door;
  }

  async *list(options: DeadLetterList): AsyncGenerator<DeadLetter, void, undefined> {
    checkFields('INVALID_FILTER', 'A list of dead letters', options, LIST_FIELDS);
    const { limit, after: last, ...fields } = options;
    const filter = portableFilter(fields);
    let left = limitOf(limit);
    const first = last === undefined ? '' : keyOf(last);
    let next = left > 0 ? this.#page(first === '' ? 0 : this.shardOf(first), first, filter, left) : undefined;
    while (next !== undefined) {
      const { shard, page } = await next;
      left -= page.count;
      const { after } = page;
      if (left <= 0 || (after === null && shard + 1 >= this.#door.shardCount)) next = undefined;
      // While the program looks at one page, the next is on its way.
      else next = this.#page(after === null ? shard + 1 : shard, after ?? '', filter, left);
      yield* this.#lettersOf(page);
    }
  }

  /** Those of these ids that there are. */
  async *byIds(ids: Iterable<string>): AsyncGenerator<DeadLetter, void, undefined> {
    const byShard = new Map<number, string[]>();
    for (const id of ids) {
      const key = keyOf(id);
      const shard = this.shardOf(key);
      const keys = byShard.get(shard) ?? [];
      byShard.set(shard, keys);
      keys.push(key);
      if (keys.length < READ_COUNT) continue;
      byShard.delete(shard);
      yield* this.#read(shard, keys);
    }
    for (const [shard, keys] of byShard) yield* this.#read(shard, keys);
  }

  async *#read(shard: number, keys: readonly string[]): AsyncGenerator<DeadLetter, void, undefined> {
    for (let left = keys; left.length > 0; ) {
      const body: ReadBody = { keys: left };
      const { value } = await this.#door.ask(shard, 'dead-letters.read', body, { untilCommitted: false });
      const page = value as ListPage;
      yield* this.#lettersOf(page);
      left = page.after === null ? [] : left.slice(left.indexOf(page.after) + 1);
    }
  }

  #page(shard: number, after: string, filter: PortableFilter, countMax: number): Promise<FoundPage> {
    const body: ListBody = { filter, after, countMax };
    const page = this.#door
      .ask(shard, 'dead-letters.list', body, { untilCommitted: false })
      .then(({ value }) => ({ shard, page: value as ListPage }));
    // Nobody may come for it any more; who does is told.
    page.catch(() => {});
    return page;
  }

  *#lettersOf({ records }: ListPage): Generator<DeadLetter, void, undefined> {
    const bytes = Buffer.from(records.buffer, records.byteOffset, records.length);
    const span = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
    for (let at = 0; at < bytes.length; at = span.end) {
      readRecord(bytes, at, span);
      const key = bytes.toString('latin1', span.keyStart, span.keyEnd);
      const row = readRowValueAt(this.#codec, bytes, span.valueStart) as DeadLetterRow;
      yield { ...deadLetterOf(key, row), message: messageOf(row) };
    }
  }

  shardOf(key: string): number {
    return shardOfKeyGroup(readUnsigned(key, 0, 2) as KeyGroup, this.#door.shardCount);
  }
}

/** Throws `INVALID_FILTER`. */
function limitOf(given: number = Number.MAX_SAFE_INTEGER): number {
  if (given === Number.POSITIVE_INFINITY || (Number.isSafeInteger(given) && given >= 0)) return given;
  throw new MillraceError(
    'INVALID_FILTER',
    `The list's limit is ${describe(given)}; allowed is a whole number from 0.`,
  );
}

/** The key of a dead letter. Throws `INVALID_FILTER`. */
export function keyOf(id: unknown): string {
  const key = typeof id === 'string' ? keyOfId(id) : undefined;
  if (key !== undefined) return key;
  throw new MillraceError('INVALID_FILTER', `${describe(id)} is not the id of a dead letter.`);
}
