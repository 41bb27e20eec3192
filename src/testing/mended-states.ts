/**
 * What a test does with messages that have failed: with dead letters, and with addresses that are parked. It orders what an
 * engine's `deadLetters` and `parked` order, and each call resolves when all has happened that it causes.
 */
import type { DeadLetterOutcome, DeadLetters } from '../engine/dead-letters.ts';
import type { Parked, UnparkOptions } from '../engine/parked.ts';
import type { Address } from '../sdk/address.ts';
import type { DeadLetter, DeadLetterFilter, ParkedAddressInfo } from '../sdk/dead-letter.ts';
import { ObservedStates } from './observed-states.ts';

export abstract class MendedStates extends ObservedStates {
  protected abstract readonly letters: DeadLetters;
  protected abstract readonly parkedAddresses: Parked;

  /** Resolves when nothing moves any more. */
  abstract settle(): Promise<void>;

  /** As `engine.deadLetters.redrive`, and all that it causes. */
  redrive(which: DeadLetterFilter | Iterable<string> = {}): Promise<DeadLetterOutcome> {
    return this.#settled(this.letters.redrive(which));
  }

  /** As `engine.deadLetters.drop`. */
  dropDeadLetters(which: DeadLetterFilter | Iterable<string>): Promise<DeadLetterOutcome> {
    return this.#settled(this.letters.drop(which));
  }

  /** As `engine.deadLetters.edit`, of those that are selected. */
  editDeadLetters(
    which: DeadLetterFilter | Iterable<string>,
    change: (letter: DeadLetter) => unknown,
  ): Promise<DeadLetterOutcome> {
    return this.#settled(this.letters.edit(typeof which === 'string' ? [which] : which, change));
  }

  /** The addresses that are parked, as `engine.parked.list`. */
  parked(filter?: DeadLetterFilter): Promise<ParkedAddressInfo[]> {
    return this.#settled(allOf(this.parkedAddresses.list(filter)));
  }

  /** As `engine.parked.unpark`, and all that it causes. */
  unpark(which: Address | DeadLetterFilter, options?: UnparkOptions): Promise<number> {
    return this.#settled(this.parkedAddresses.unpark(which, options));
  }

  /** What is ordered may take several questions to the shards, one after the other. */
  async #settled<Outcome>(order: Promise<Outcome>): Promise<Outcome> {
    let isDone = false;
    const ended = (): void => void (isDone = true);
    order.then(ended, ended);
    while (!isDone) await this.settle();
    await this.settle();
    return await order;
  }
}

export async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
