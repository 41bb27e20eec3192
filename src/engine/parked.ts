/**
 * `engine.parked`: the addresses whose functions have parked them, to look at and to let go on.
 */
import { hashId } from '../keys/id-hash.ts';
import { shardOfHash } from '../keys/key-group.ts';
import type { Address } from '../sdk/address.ts';
import { type DeadLetterFilter, isPattern, type ParkedAddressInfo, portableFilter } from '../sdk/dead-letter.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import type { ParkedListBody, ParkedPage, UnparkBody } from '../shard/requests/parked-requests.ts';
import { decodeTagged } from '../wire/tagged-value.ts';
import { oneOf } from './option-checks.ts';
import type { ShardDoor } from './shard-door.ts';

export interface UnparkOptions {
  /** What becomes of the message that failed: it is tried again (default), or forgotten. */
  readonly first?: 'retry' | 'drop';
}

const UNPARK_OPTIONS = namesOf<UnparkOptions>('first');

export class Parked {
  readonly #door: ShardDoor;

  /** An engine has one. */
  constructor(door: ShardDoor) {
    this.#door = door;
  }

  /**
   * Parked addresses, page by page. `from` and `to` of the filter are about when they were parked.
   *
   * @throws MillraceError `INVALID_FILTER`, `ENGINE_STOPPED` or what the engine has failed with
   */
  async *list(filter: DeadLetterFilter = {}): AsyncGenerator<ParkedAddressInfo, void, undefined> {
    const portable = portableFilter(filter);
    for (let shard = 0; shard < this.#door.shardCount; shard++) {
      for (let after: number | null = -1; after !== null; ) {
        const body: ParkedListBody = { filter: portable, after };
        const { value } = await this.#door.ask(shard, 'parked.list', body, { untilCommitted: false });
        const page = value as ParkedPage;
        for (const { address, message } of page.parked) yield { ...address, message: decodeTagged(message) };
        after = page.after;
      }
    }
  }

  /**
   * Lets an address go on, or all that a filter selects: with the message that failed, whose attempts begin anew, or
   * without it; and then with all that wait, in order. Resolves, when that is committed, to how many go on. A type that is
   * no pattern with an id, and nothing else, is an address: whatever the id holds, exactly that one is meant.
   *
   * @throws MillraceError `INVALID_FILTER`, `INVALID_OPTION`, `ENGINE_STOPPED` or what the engine has failed with
   */
  async unpark(which: Address | DeadLetterFilter, options: UnparkOptions = {}): Promise<number> {
    checkFields('INVALID_OPTION', 'unpark', options, UNPARK_OPTIONS);
    const first = oneOf('first', options.first, 'retry', ['retry', 'drop']);
    if (typeof which !== 'object' || which === null) {
      throw new MillraceError(
        'INVALID_FILTER',
        `Addresses are selected by one or by a filter, not by ${describe(which)}.`,
      );
    }
    // An order may be repeated after a recovery: what was parked again meanwhile is not meant.
    const common = { dropsFirst: first === 'drop', repeatTo: this.#door.now() + 1 };
    if (isAddress(which)) {
      const { type, id } = which;
      const body: UnparkBody = { ...common, filter: portableFilter({}), only: [type, id] };
      return this.#unpark(shardOfHash(hashId(id), this.#door.shardCount), body);
    }
    const body: UnparkBody = { ...common, filter: portableFilter(which), only: null };
    const shards = Array.from({ length: this.#door.shardCount }, (_, shard) => shard);
    const counts = await Promise.all(shards.map((shard) => this.#unpark(shard, body)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #unpark(shard: number, body: UnparkBody): Promise<number> {
    const { count } = await this.#door.ask(shard, 'parked.unpark', body, { untilCommitted: true });
    return count;
  }
}

/** Whether this is exactly one address, whatever its id holds. */
export function isAddress(which: Address | DeadLetterFilter): which is Address {
  const { type, id, ...rest } = which;
  if (typeof type !== 'string' || typeof id !== 'string' || isPattern(type)) return false;
  return Object.values(rest).every((value) => value === undefined);
}
