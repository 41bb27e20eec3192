/**
 * What may be asked of a shard's parked addresses: to list a page of them, and to let some go on.
 */
import { type ParkedAddressInfo, patternTest, type PortableFilter } from '../../sdk/dead-letter.ts';
import { encodeTagged } from '../../wire/tagged-value.ts';
import type { ParkedAddress } from '../failing/parked-address.ts';
import type { Parking } from '../failing/parking.ts';
import { doneAtOnce, type RequestTopics, type RequestWork, type Slice } from './requests.ts';

const SLICE_COUNT = 64;
const PAGE_COUNT = 64;

export interface ParkedListBody {
  readonly filter: PortableFilter;
  /** The place of the last one of the page before; -1 for the first page. */
  readonly after: number;
}

/** As it travels: the message that failed as bytes. */
export interface ListedParked {
  readonly address: Omit<ParkedAddressInfo, 'message'>;
  readonly message: Uint8Array;
}

export interface ParkedPage {
  readonly parked: readonly ListedParked[];
  /** Where the next page goes on; null when there is none. */
  readonly after: number | null;
}

export interface UnparkBody {
  readonly filter: PortableFilter;
  /** These only, as type and id; null for all. */
  readonly only: readonly [type: string, id: string] | null;
  readonly dropsFirst: boolean;
  /** An order that is repeated after a recovery means those that were parked before this. */
  readonly repeatTo: number;
}

export function parkedTopics(parking: Parking): RequestTopics {
  return {
    'parked.list': (body) => doneAtOnce(() => list(parking, body as ParkedListBody)),
    'parked.unpark': (body, isRepeated) => new Unpark(parking, body as UnparkBody, isRepeated),
  };
}

function filterTest({ type, id, error, from, to }: PortableFilter): (address: ParkedAddress) => boolean {
  const [isType, isId, isError] = [type, id, error].map(patternTest);
  return ({ binding, entity, record }) => {
    const { name, code, message } = record.error;
    if (record.isGoingOn || record.parkedAt < from || record.parkedAt >= to) return false;
    if (!isType(binding.type) || !isId(entity.id)) return false;
    return isError(name) || isError(message) || (code !== undefined && isError(code));
  };
}

function list(parking: Parking, { filter, after }: ParkedListBody): Slice {
  const isMeant = filterTest(filter);
  const parked: ListedParked[] = [];
  for (const address of parking.addresses) {
    if (address.ordinal <= after || !isMeant(address)) continue;
    const { binding, entity, record, ordinal } = address;
    const { error, attempts, parkedAt, first, next } = record;
    const message = encodeTagged(parking.firstMessage(address));
    const info = { address: { type: binding.type, id: entity.id }, error, attempts, parkedAt, waiting: next - first };
    parked.push({ address: info, message });
    if (parked.length === PAGE_COUNT) return { count: 0, isDone: true, value: { parked, after: ordinal } };
  }
  return { count: 0, isDone: true, value: { parked, after: null } satisfies ParkedPage };
}

/** Lets all go on that are parked now and are meant. */
class Unpark implements RequestWork {
  readonly hasWork = true;
  readonly isWaiting = false;
  readonly #parking: Parking;
  readonly #body: UnparkBody;
  readonly #left: ParkedAddress[];

  constructor(parking: Parking, body: UnparkBody, isRepeated: boolean) {
    const { only, filter, repeatTo } = body;
    const isMeant = filterTest(isRepeated ? { ...filter, to: Math.min(filter.to, repeatTo) } : filter);
    this.#parking = parking;
    this.#body = body;
    this.#left = [...parking.addresses].filter((address) => {
      if (only !== null && (address.binding.type !== only[0] || address.entity.id !== only[1])) return false;
      return isMeant(address);
    });
  }

  work(): Slice {
    let count = 0;
    for (const address of this.#left.splice(0, SLICE_COUNT)) {
      if (this.#parking.unpark(address, this.#body.dropsFirst)) count++;
    }
    return { count, isDone: this.#left.length === 0, value: null };
  }
}
