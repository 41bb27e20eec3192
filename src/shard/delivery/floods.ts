/**
 * When too much waits in one place of a shard: in the line of a busy address, or in the queue of a function that has as
 * much under way as it may. Such a place is *flooded*. The coordinator is told, and holds back whoever sends there from
 * outside; in return what waits there no longer counts against the credit of the shard (I7), so nobody else is held back.
 *
 * What is too much depends on the room that is left: the less of it, the shorter a line may be. So it takes very many
 * hot addresses, and not a few of them, until they hold back the whole shard together.
 */

/** What may wait in one place, if there is room enough. */
const COUNT_DEFAULT = 1_024;
/** What may always wait in one place: so few are not worth a word. */
const COUNT_MIN = 16;
/** One place may have the 16th part of the room. */
const ROOM_SHIFT = 4;
/** Where messages are to gather by address they may have all the room, up to so many times the limit. */
const BATCH_FACTOR = 64;

/** What the coordinator is told. */
export interface FloodWord {
  /** The number of the function. */
  readonly type: number;
  /** The address; undefined for all addresses of the function in this shard. */
  readonly id: string | undefined;
  readonly isFlooded: boolean;
}

export class Floods {
  /** A place where more than this waits is flooded. */
  countMax: number;
  /** The same for all messages of a function that takes several at once. */
  batchCountMax: number;
  readonly tell: (word: FloodWord) => void;
  readonly #limit: number;

  constructor(tell: (word: FloodWord) => void, limit: number = COUNT_DEFAULT) {
    this.tell = tell;
    this.#limit = limit;
    this.countMax = limit;
    this.batchCountMax = limit * BATCH_FACTOR;
  }

  /** So many more may wait in the shard. */
  adjust(roomCount: number): void {
    this.countMax = Math.min(this.#limit, Math.max(COUNT_MIN, roomCount >> ROOM_SHIFT));
    this.batchCountMax = Math.min(this.#limit * BATCH_FACTOR, Math.max(COUNT_MIN << ROOM_SHIFT, roomCount));
  }
}

/** Whether a place that became flooded with `floodCount` messages still is with these: until half of them are gone. */
export function isStillFlooded(count: number, floodCount: number): boolean {
  return count > floodCount >> 1;
}
