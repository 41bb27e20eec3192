/**
 * The idempotency keys of clients: a send whose key was seen before is not sent again. The window is bounded by count:
 * the newest `countMax` keys are known, oldest forgotten first. Keys are part of the checkpoint that commits their
 * messages, so a key is known after a crash exactly if its message is.
 */
import { describe, MillraceError } from '../sdk/errors.ts';

const KEY_LENGTH_MAX = 1_024;

/**
 * The key of a send that has one. What is no key must not count as one: two clients that both give null would be one.
 *
 * @throws MillraceError `INVALID_KEY`
 */
export function checkIdempotencyKey(key: unknown): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key.length > 0 && key.length <= KEY_LENGTH_MAX && key.isWellFormed()) return key;
  const allowed = `an idempotency key is a well-formed string of 1 to ${KEY_LENGTH_MAX} characters, or left out`;
  throw new MillraceError('INVALID_KEY', `The key ${describe(key)} is not allowed: ${allowed}. Nothing was sent.`);
}

export class IdempotencyKeys {
  readonly #countMax: number;
  /** The epoch in which each key came, in the order of coming. */
  readonly #epochs = new Map<string, number>();
  /** Those of the epoch that goes on, and of the one that is being committed. */
  #fresh: string[] = [];
  #ended: string[] = [];

  constructor(countMax: number, known: Iterable<string>) {
    this.#countMax = countMax;
    for (const key of known) this.#remember(key, 0);
  }

  /** The epoch with which a known key is (or will be) committed; undefined for a new key, which is known from now on. */
  admit(key: string, epoch: number): number | undefined {
    const known = this.#epochs.get(key);
    if (known !== undefined) return known;
    this.#remember(key, epoch);
    this.#fresh.push(key);
    return undefined;
  }

  /** The message of this key could not be sent after all. */
  forget(key: string): void {
    this.#epochs.delete(key);
    this.#fresh.pop();
  }

  /** Ends the epoch; returns the keys that are new in it. */
  endEpoch(): readonly string[] {
    this.#ended = this.#fresh;
    this.#fresh = [];
    return this.#ended;
  }

  committed(): void {
    this.#ended = [];
  }

  /** All that are not committed belong to the epoch that goes on now. */
  rollBack(epoch: number): void {
    this.#fresh = [...this.#ended, ...this.#fresh];
    this.#ended = [];
    for (const key of this.#fresh) if (this.#epochs.has(key)) this.#epochs.set(key, epoch);
  }

  /** All keys that are known, but for those of the epoch that goes on. */
  all(): string[] {
    const fresh = new Set(this.#fresh);
    return [...this.#epochs.keys()].filter((key) => !fresh.has(key));
  }

  #remember(key: string, epoch: number): void {
    this.#epochs.set(key, epoch);
    if (this.#epochs.size <= this.#countMax) return;
    for (const oldest of this.#epochs.keys()) {
      this.#epochs.delete(oldest);
      return;
    }
  }
}
