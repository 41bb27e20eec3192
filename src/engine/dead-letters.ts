/**
 * `engine.deadLetters`: what a program does with the messages that could not be handled. They lie with the shards; here
 * pages of them are asked for one after the other, and orders are given to all shards at once, so that millions of them
 * take no more memory than a page.
 */
import { type DeadLetter, type DeadLetterFilter, portableFilter } from '../sdk/dead-letter.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import type { Directory } from '../shard/function-binding.ts';
import type { Selection } from '../shard/requests/dead-letter-requests.ts';
import { DeadLetterEdits } from './dead-letter-edits.ts';
import { type DeadLetterList, DeadLetterPages, keyOf } from './dead-letter-pages.ts';
import { typed } from './option-checks.ts';
import type { ShardDoor } from './shard-door.ts';

const OPTIONS = namesOf<DeadLetterOptions>('onProgress');
/** Ids of one order to a shard. */
const IDS_COUNT = 1_000;

export interface DeadLetterOptions {
  /** Told from time to time how many there were so far. */
  readonly onProgress?: (count: number) => void;
}

export interface DeadLetterOutcome {
  /** How many were sent again, dropped or edited. */
  readonly count: number;
  /**
   * How many were selected and stay as they are: their function is not in the module, they are longer than messages may
   * be, or nothing was given for them to be edited to.
   */
  readonly left: number;
}

export class DeadLetters {
  readonly #door: ShardDoor;
  readonly #pages: DeadLetterPages;
  readonly #edits: DeadLetterEdits;

  /** An engine has one. `directory` has the schemas that say what may be edited to what. */
  constructor(door: ShardDoor, directory?: Directory) {
    this.#door = door;
    this.#pages = new DeadLetterPages(door);
    this.#edits = new DeadLetterEdits(door, this.#pages, directory);
  }

  /**
   * Dead letters, page by page: in the order of their key groups, and of their times within one. Those that come or go
   * meanwhile may be part of it or not; all others come once.
   *
   * @throws MillraceError `INVALID_FILTER`, `ENGINE_STOPPED` or what the engine has failed with
   */
  list(options: DeadLetterList = {}): AsyncGenerator<DeadLetter, void, undefined> {
    return this.#pages.list(options);
  }

  /**
   * Sends messages again, those that a filter selects or of these ids, each exactly once: whatever crashes, it has been
   * sent again or is still a dead letter. Its attempts begin anew; if it fails again it becomes another dead letter.
   * Resolves when that is committed.
   *
   * @throws MillraceError `INVALID_FILTER`, `INVALID_OPTION`, `ENGINE_STOPPED` or what the engine has failed with
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
   * @throws MillraceError `MESSAGE_NOT_ENCODABLE`, `MESSAGE_INVALID` by its function's schema, and what `redrive` throws
   */
  edit(id: string, message: unknown): Promise<boolean>;
  /**
   * Gives dead letters other messages, those that a filter selects or of these ids: `change` is called once for each, and
   * those for which it returns undefined are left as they are. Those that come meanwhile are not meant. They are edited
   * in the order in which they are listed, each batch of some hundreds committed before the next; where `change` throws,
   * or gives what is refused, it ends there: nothing of that batch is changed, and what was committed stays.
   *
   * @throws MillraceError the same
   */
  edit(
    which: DeadLetterFilter | Iterable<string>,
    change: (letter: DeadLetter) => unknown,
    options?: DeadLetterOptions,
  ): Promise<DeadLetterOutcome>;
  async edit(
    which: DeadLetterFilter | Iterable<string>,
    change: unknown,
    options: DeadLetterOptions = {},
  ): Promise<boolean | DeadLetterOutcome> {
    checkOptions(options);
    if (typeof which === 'string') return await this.#edits.one(which, change);
    if (typeof change !== 'function') {
      throw new MillraceError(
        'INVALID_FILTER',
        `Many dead letters are edited by a function, not by ${describe(change)}.`,
      );
    }
    const total = new Total(options);
    const letters = this.#selected(which);
    await this.#edits.all(letters, change as (letter: DeadLetter) => unknown, total);
    return total.outcome;
  }

  #selected(which: DeadLetterFilter | Iterable<string>): AsyncIterable<DeadLetter> {
    checkSelection(which);
    if (Symbol.iterator in which) return this.#pages.byIds(which);
    const filter = portableFilter(which);
    return this.#pages.list({ ...filter, to: Math.min(filter.to, this.#door.now() + 1) });
  }

  async #order(
    topic: string,
    which: DeadLetterFilter | Iterable<string>,
    options: DeadLetterOptions,
  ): Promise<DeadLetterOutcome> {
    checkOptions(options);
    if (typeof which === 'string') return this.#orderIds(topic, [which], options);
    checkSelection(which);
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
      const shard = this.#pages.shardOf(key);
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

function checkOptions(options: DeadLetterOptions): void {
  checkFields('INVALID_OPTION', 'engine.deadLetters', options, OPTIONS);
  typed('onProgress', options.onProgress, 'function', 'a function');
}

function checkSelection(which: unknown): void {
  if (typeof which === 'object' && which !== null) return;
  throw new MillraceError(
    'INVALID_FILTER',
    `Dead letters are selected by a filter or by ids, not by ${describe(which)}.`,
  );
}
