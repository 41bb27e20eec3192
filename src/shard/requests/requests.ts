/**
 * What a shard is asked to do or to say apart from messages: the order comes from the coordinator as an envelope, is
 * worked on slice by slice in the turns of the shard (I10), and each slice that did anything is answered with what it
 * did. What it changes is changed like everything else in a turn, and so belongs to the epoch of its answer (I3).
 *
 * A request is no part of a checkpoint. When the shards go back to one, the coordinator orders again whatever is not
 * committed, so whoever works on requests sees to it that doing one twice does nothing twice.
 */
import { assert } from '../../base/assert.ts';

export interface RequestOrder {
  readonly number: number;
  readonly topic: string;
  readonly body: unknown;
  /** The shards have gone back since it was given first: some of it may be done. */
  readonly isRepeated?: boolean;
}

export interface RequestAnswer {
  readonly number: number;
  /** How much of it this slice has done. */
  readonly count: number;
  readonly isDone: boolean;
  /** Said when it is done. */
  readonly value: unknown;
}

/** What one slice has done; nothing if it has to wait. */
export type Slice = Omit<RequestAnswer, 'number'>;

/** A request that is being worked on. */
export interface RequestWork {
  work(): Slice | undefined;
  /** Whether a further slice would get on with it. */
  readonly hasWork: boolean;
  /** Whether it waits for what comes through the event loop. */
  readonly isWaiting: boolean;
}

/** By topic, how to begin. */
export type RequestTopics = Readonly<Record<string, (body: unknown, isRepeated: boolean) => RequestWork>>;

/** What is done at once. */
export function doneAtOnce(work: () => Slice): RequestWork {
  return { work, hasWork: true, isWaiting: false };
}

export class Requests {
  readonly #topics: RequestTopics;
  readonly #answer: (answer: RequestAnswer) => void;
  readonly #open = new Map<number, RequestWork>();

  constructor(topics: RequestTopics, answer: (answer: RequestAnswer) => void) {
    this.#topics = topics;
    this.#answer = answer;
  }

  begin({ number, topic, body, isRepeated = false }: RequestOrder): void {
    const topicOf = this.#topics[topic];
    assert(topicOf !== undefined, 'shards know what they are asked for');
    this.#open.set(number, topicOf(body, isRepeated));
  }

  /** One slice of each. Returns how much there was to do. */
  work(): number {
    if (this.#open.size === 0) return 0;
    let workCount = 0;
    for (const [number, request] of this.#open) {
      const slice = request.work();
      if (slice === undefined) continue;
      workCount += 1 + slice.count;
      if (slice.isDone) this.#open.delete(number);
      if (slice.isDone || slice.count > 0) this.#answer({ number, ...slice });
    }
    return workCount;
  }

  get hasWork(): boolean {
    for (const request of this.#open.values()) if (request.hasWork) return true;
    return false;
  }

  get isWaiting(): boolean {
    for (const request of this.#open.values()) if (request.isWaiting) return true;
    return false;
  }
}
