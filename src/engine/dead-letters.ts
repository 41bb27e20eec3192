/**
 * `engine.deadLetters`: what a program does with the messages that could not be handled. They lie with the shards; here
 * pages of them are asked for one after the other, and orders are given to all shards at once, so that millions of them
 * take no more memory than a page.
 */
import type { KeyGroup } from '../base/brand.ts';
import { shardOfKeyGroup } from '../keys/key-group.ts';
import { type DeadLetter, type DeadLetterFilter, type PortableFilter, portableFilter } from '../sdk/dead-letter.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { deadLetterOf, type DeadLetterRow, keyOfId, messageOf } from '../shard/failing/dead-letters.ts';
import type { ListBody, ListPage } from '../shard/requests/dead-letter-listing.ts';
import type { Selection } from '../shard/requests/dead-letter-requests.ts';
import { readRecord, readRowValueAt } from '../state/record-reader.ts';
import { readUnsigned } from '../state/row.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { inspect } from '../wire/structured-data.ts';
import { encodeTagged } from '../wire/tagged-value.ts';
import type { ShardDoor } from './shard-door.ts';

/** Ids of one order to a shard. */
const IDS_COUNT = 1_000;

export interface DeadLetterList extends DeadLetterFilter {
  /** At most so many; default all. */
  readonly limit?: number;
  /** The id of a dead letter; the list goes on behind it. */
  readonly after?: string;
}

export interface DeadLetterOptions {
  /** Told from time to time how many there were so far. */
  readonly onProgress?: (count: number) => void;
}

export interface DeadLetterOutcome {
  /** How many were sent again, or dropped. */
  readonly count: number;
  /** How many were selected and stay: their function is not in the module, or they are longer than messages may be. */
  readonly left: number;
}

interface FoundPage {
  readonly shard: number;
  readonly page: ListPage;
}

export class DeadLetters {
  readonly #door: ShardDoor;
  readonly #codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);

  /** An engine has one. */
  constructor(door: ShardDoor) {
    this.#door = door;
  }

  /**
   * Dead letters, page by page: in the order of their key groups, and of their times within one. Those that come or go
   * meanwhile may be part of it or not; all others come once.
   *
   * @throws MillraceError `INVALID_FILTER`, `ENGINE_STOPPED` or what the engine has failed with
   */
  async *list(options: DeadLetterList = {}): AsyncGenerator<DeadLetter, void, undefined> {
    const filter = portableFilter(options);
    let left = options.limit ?? Number.MAX_SAFE_INTEGER;
    const first = options.after === undefined ? '' : keyOf(options.after);
    let next = left > 0 ? this.#page(first === '' ? 0 : this.#shardOf(first), first, filter, left) : undefined;
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

  /**
   * Sends messages again, those that a filter selects or of these ids, each exactly once: whatever crashes, it has been
   * sent again or is still a dead letter. Its attempts begin anew; if it fails again it becomes another dead letter.
   * Resolves when that is committed.
   *
   * @throws MillraceError `INVALID_FILTER`, `ENGINE_STOPPED` or what the engine has failed with
   */
  redrive(which: DeadLetterFilter | Iterable<string>, options: DeadLetterOptions = {}): Promise<DeadLetterOutcome> {
    return this.#order('dead-letters.redrive', which, options);
  }

  /** Forgets dead letters: those that a filter selects, or of these ids. Otherwise like `redrive`. */
  drop(which: DeadLetterFilter | Iterable<string>, options: DeadLetterOptions = {}): Promise<DeadLetterOutcome> {
    return this.#order('dead-letters.drop', which, options);
  }

  /**
   * Gives a dead letter another message, to be sent when it is redriven. Resolves when that is committed, to whether
   * there is such a dead letter.
   *
   * @throws MillraceError `MESSAGE_NOT_ENCODABLE` and what `redrive` throws
   */
  async edit(id: string, message: unknown): Promise<boolean> {
    const key = keyOf(id);
    inspect(message);
    const body = { key, message: encodeTagged(message) };
    const { count } = await this.#door.ask(this.#shardOf(key), 'dead-letters.edit', body, { untilCommitted: true });
    return count > 0;
  }

  async #order(
    topic: string,
    which: DeadLetterFilter | Iterable<string>,
    options: DeadLetterOptions,
  ): Promise<DeadLetterOutcome> {
    if (typeof which === 'string') return this.#orderIds(topic, [which], options);
    if (typeof which !== 'object' || which === null) {
      throw new MillraceError(
        'INVALID_FILTER',
        `Dead letters are selected by a filter or by ids, not by ${describe(which)}.`,
      );
    }
    if (Symbol.iterator in which) return this.#orderIds(topic, which, options);
    // An order may be repeated after a recovery: what has failed again meanwhile is not meant.
    const selection: Selection = { filter: portableFilter(which), repeatTo: this.#door.now() + 1 };
    const total = new Total(options);
    const shards = Array.from({ length: this.#door.shardCount }, (_, shard) => shard);
    await Promise.all(shards.map((shard) => this.#orderOne(shard, topic, selection, total)));
    return total.outcome;
  }

  async #orderIds(topic: string, ids: Iterable<string>, options: DeadLetterOptions): Promise<DeadLetterOutcome> {
    const total = new Total(options);
    let byShard = new Map<number, string[]>();
    let count = 0;
    const order = async (): Promise<void> => {
      const orders = [...byShard].map(([shard, keys]) => this.#orderOne(shard, topic, { keys }, total));
      byShard = new Map();
      await Promise.all(orders);
    };
    for (const id of ids) {
      const key = keyOf(id);
      const shard = this.#shardOf(key);
      const keys = byShard.get(shard) ?? [];
      byShard.set(shard, keys);
      keys.push(key);
      if (++count % IDS_COUNT === 0) await order();
    }
    await order();
    return total.outcome;
  }

  async #orderOne(shard: number, topic: string, selection: Selection, total: Total): Promise<void> {
    let counted = 0;
    const progressed = (count: number): void => {
      total.add(count - counted);
      counted = count;
    };
    const { count, value } = await this.#door.ask(shard, topic, selection, { untilCommitted: true, progressed });
    progressed(count);
    total.left += value as number;
  }

  #shardOf(key: string): number {
    return shardOfKeyGroup(readUnsigned(key, 0, 2) as KeyGroup, this.#door.shardCount);
  }
}

/** What all shards together have done. */
class Total {
  left = 0;
  #count = 0;
  readonly #options: DeadLetterOptions;

  constructor(options: DeadLetterOptions) {
    this.#options = options;
  }

  add(added: number): void {
    if (added === 0) return;
    this.#count += added;
    const { onProgress } = this.#options;
    const count = this.#count;
    // What the program's code throws must not come up in the coordinator.
    if (onProgress !== undefined) queueMicrotask(() => onProgress(count));
  }

  get outcome(): DeadLetterOutcome {
    return { count: this.#count, left: this.left };
  }
}

function keyOf(id: unknown): string {
  const key = typeof id === 'string' ? keyOfId(id) : undefined;
  if (key !== undefined) return key;
  throw new MillraceError('INVALID_FILTER', `${describe(id)} is not the id of a dead letter.`);
}
