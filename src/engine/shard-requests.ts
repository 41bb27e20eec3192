/**
 * What the coordinator has asked shards for, apart from messages, and how far they are. A shard that goes back to the last
 * checkpoint forgets its requests and whatever of their work is not committed; so each is ordered again until the epoch of
 * its last answer is committed. What had been committed by then is counted once.
 */
import type { RequestAnswer, RequestOrder } from '../shard/requests/requests.ts';

export interface ShardRequestOptions {
  /** Resolves when what was done is committed, and not before. */
  readonly untilCommitted: boolean;
  /** Told how much has been done so far; it may be less again after a recovery. */
  progressed?(count: number): void;
}

export interface RequestOutcome {
  /** How much was done. */
  readonly count: number;
  readonly value: unknown;
}

/** A request under way. */
export interface ShardRequest {
  readonly outcome: Promise<RequestOutcome>;
  giveUp(error: Error): void;
}

interface Open {
  readonly shard: number;
  readonly order: RequestOrder;
  readonly options: ShardRequestOptions;
  readonly settled: PromiseWithResolvers<RequestOutcome>;
  /** What is done: in all, in committed epochs, in the epoch that is being committed, and in the one after it. */
  count: number;
  committedCount: number;
  endedCount: number;
  aheadCount: number;
  answer: RequestAnswer | undefined;
  isAnswerAhead: boolean;
  isAnswerEnded: boolean;
}

export class ShardRequests {
  readonly shardCount: number;
  readonly #isDurable: boolean;
  readonly #send: (shard: number, order: RequestOrder) => void;
  readonly #open = new Map<number, Open>();
  #lastNumber = 0;

  constructor(shardCount: number, isDurable: boolean, send: (shard: number, order: RequestOrder) => void) {
    this.shardCount = shardCount;
    this.#isDurable = isDurable;
    this.#send = send;
  }

  /** Asks one shard. The body is plain data. */
  ask(shard: number, topic: string, body: unknown, options: ShardRequestOptions): ShardRequest {
    const number = ++this.#lastNumber;
    const order: RequestOrder = { number, topic, body };
    this.#send(shard, order);
    const settled = Promise.withResolvers<RequestOutcome>();
    const nothing = { count: 0, committedCount: 0, endedCount: 0, aheadCount: 0, answer: undefined };
    this.#open.set(number, { shard, order, options, settled, ...nothing, isAnswerAhead: false, isAnswerEnded: false });
    const giveUp = (error: Error): void => {
      this.#open.delete(number);
      settled.reject(error);
    };
    return { outcome: settled.promise, giveUp };
  }

  /** Whether a shard has not answered yet. */
  get isBusy(): boolean {
    for (const { answer } of this.#open.values()) if (answer === undefined) return true;
    return false;
  }

  /** Whether somebody waits for the commit of an epoch that has not ended. */
  get isAwaited(): boolean {
    for (const { answer, isAnswerEnded } of this.#open.values())
      if (answer !== undefined && !isAnswerEnded) return true;
    return false;
  }

  /** `isAhead` as in `CheckpointMachine`. */
  onAnswer(answer: RequestAnswer, isAhead: boolean): void {
    const open = this.#open.get(answer.number);
    if (open === undefined) return;
    open.count += answer.count;
    if (isAhead) open.aheadCount += answer.count;
    open.options.progressed?.(open.count);
    if (!answer.isDone) return;
    open.answer = answer;
    open.isAnswerAhead = isAhead;
    if (!this.#isDurable || !open.options.untilCommitted) this.#finish(open);
  }

  endEpoch(): void {
    for (const open of this.#open.values()) {
      open.endedCount = open.count - open.aheadCount;
      open.aheadCount = 0;
      open.isAnswerEnded = open.answer !== undefined && !open.isAnswerAhead;
      open.isAnswerAhead = false;
    }
  }

  committed(): void {
    for (const open of this.#open.values()) {
      open.committedCount = open.endedCount;
      if (open.isAnswerEnded) this.#finish(open);
    }
  }

  /** The shards have gone back to the last checkpoint: they are asked again. */
  rollBack(): void {
    for (const open of this.#open.values()) {
      open.count = open.committedCount;
      open.endedCount = open.committedCount;
      open.aheadCount = 0;
      open.answer = undefined;
      open.isAnswerEnded = false;
      open.isAnswerAhead = false;
      this.#send(open.shard, { ...open.order, isRepeated: true });
    }
  }

  #finish({ order, settled, count, answer }: Open): void {
    this.#open.delete(order.number);
    settled.resolve({ count, value: answer?.value });
  }
}
