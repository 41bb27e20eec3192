/**
 * Those who wait for a reply, by the number under which the engine knows them. An asker that wants its reply committed
 * gets it when the epoch is committed in which the reply was sent; until then a roll-back can take it back, and whoever
 * replied replies again. Numbers are never used again, not even after a restart: a reply to an asker that is gone must
 * not reach another one.
 */
import type { MillraceError } from '../sdk/errors.ts';

export interface Asker {
  replied(message: unknown): void;
  failed(error: MillraceError): void;
}

interface Entry {
  readonly asker: Asker;
  readonly untilCommitted: boolean;
}

type Answer = (asker: Asker) => void;

interface HeldAnswer {
  readonly number: string;
  readonly answer: Answer;
}

export class Askers {
  /** Part of every number: no other run that ever committed anything began with the same epoch. */
  readonly #run: string;
  readonly #entries = new Map<string, Entry>();
  #count = 0;
  /** Answers of the epoch that goes on, of the one after it, and of the one that is being committed. */
  #held: HeldAnswer[] = [];
  #ahead: HeldAnswer[] = [];
  #ended: HeldAnswer[] = [];

  constructor(run: number) {
    this.#run = run === 0 ? '' : `${run}.`;
  }

  /** Whether an answer waits for an epoch that has not begun to be committed. */
  get isAwaited(): boolean {
    return this.#held.length > 0;
  }

  nextNumber(): string {
    return this.#run + String(++this.#count);
  }

  add(number: string, asker: Asker, untilCommitted: boolean): void {
    this.#entries.set(number, { asker, untilCommitted });
  }

  forget(number: string): void {
    this.#entries.delete(number);
  }

  /** An answer has come; an asker gets one, and may have given up waiting. `isAhead` as in `CheckpointMachine`. */
  answer(number: string, isAhead: boolean, answer: Answer): void {
    const entry = this.#entries.get(number);
    if (entry === undefined) return;
    if (!entry.untilCommitted) this.#deliver({ number, answer });
    else if (isAhead) this.#ahead.push({ number, answer });
    else this.#held.push({ number, answer });
  }

  endEpoch(): void {
    this.#ended = this.#held;
    this.#held = this.#ahead;
    this.#ahead = [];
  }

  committed(): void {
    const ended = this.#ended;
    this.#ended = [];
    for (const held of ended) this.#deliver(held);
  }

  /** What was not committed will be answered again. */
  rollBack(): void {
    this.#held = [];
    this.#ahead = [];
    this.#ended = [];
  }

  #deliver({ number, answer }: HeldAnswer): void {
    const entry = this.#entries.get(number);
    if (entry === undefined) return;
    this.#entries.delete(number);
    answer(entry.asker);
  }
}
