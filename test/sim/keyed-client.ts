/**
 * Clients that send each of their messages with an idempotency key and wait until it is committed: what was not
 * acknowledged before the engine died is sent again, and now and then somebody sends twice for no reason. Who waits for
 * ever, to be let in or for a commit, keeps the run from its end.
 */
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { MillraceError } from '../../src/sdk/errors.ts';
import { check } from '../../src/testing/violation.ts';
import type { OutsideMessageOptions } from '../../src/sdk/message-options.ts';
import type { Outside } from '../../src/testing/workload.ts';

export interface KeyedMessage {
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly message: unknown;
  readonly options?: OutsideMessageOptions;
}

export class KeyedClients {
  /** Keys whose messages are committed, as far as the clients were told. */
  readonly acknowledged = new Set<string>();
  readonly #outside: Outside;
  readonly #all: readonly KeyedMessage[];
  #waiting: KeyedMessage[];
  #sent: KeyedMessage[] = [];

  constructor(outside: Outside, all: readonly KeyedMessage[]) {
    this.#outside = outside;
    this.#all = all;
    this.#waiting = [...all];
  }

  get isDone(): boolean {
    return this.acknowledged.size === this.#all.length;
  }

  died(): void {
    // In another order than before.
    const again = this.#sent.filter(({ key }) => !this.acknowledged.has(key));
    this.#sent = [];
    this.#waiting = this.#outside.prng.chance(0.5) ? [...again, ...this.#waiting] : [...this.#waiting, ...again];
  }

  step(process: DurableProcess): boolean {
    const { prng, setting } = this.#outside;
    if (this.#sent.length > 0 && prng.chance(0.1)) {
      this.#send(process, prng.pick(this.#sent));
      return true;
    }
    const openCount = this.#all.length - this.#waiting.length - this.acknowledged.size;
    if (openCount >= setting.window) return false;
    const message = this.#waiting.shift();
    if (message === undefined) return false;
    this.#sent.push(message);
    this.#send(process, message);
    return true;
  }

  #send(process: DurableProcess, { key, type, id, message, options }: KeyedMessage): void {
    const { clients } = process;
    // Some wait until they are let in, as they must where it is flooded, and only then for the commit.
    const isPatient = this.#outside.prng.chance(0.3);
    const accepted = isPatient ? clients?.send(type, id, message, false, key, options) : Promise.resolve();
    const sent = accepted?.then(() => clients?.send(type, id, message, true, key, options));
    sent?.then(
      () => {
        this.acknowledged.add(key);
        this.#outside.note(this.acknowledged.size);
      },
      (error: unknown) => check(error instanceof MillraceError, () => `a send failed without a code: ${String(error)}`),
    );
  }
}
