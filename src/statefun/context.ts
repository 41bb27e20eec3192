/**
 * What a function of a StateFun program acts through. One serves a whole batch, message after message; it collects what
 * the program sends, and none of it leaves unless the whole batch returns. What somebody does with it afterwards, in work
 * that nobody waited for, has no effect and is reported.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import { EgressMessage, Message, notAMessage } from './message.ts';
import type { BatchEffects, DelayedCommand, EgressRecord, SentMessage } from './protocol.ts';
import { type Address, engineAddress } from './sdk-address.ts';
import type { AddressStorage } from './address-storage.ts';

/** The side of a context that the batch sees. */
export class Collected {
  caller: Address | null = null;
  hasEnded = false;
  readonly messages: SentMessage[] = [];
  readonly delayed: DelayedCommand[] = [];
  readonly egresses: EgressRecord[] = [];
  readonly #report: (error: Error) => void;

  constructor(report: (error: Error) => void) {
    this.#report = report;
  }

  /** Whether calls still count. */
  isOpen(self: Address): boolean {
    if (!this.hasEnded) return true;
    const what = `The context of ${self.typename} ${describe(self.id)} was used after its batch had ended`;
    this.#report(new MillraceError('CONTEXT_EXPIRED', `${what}; await all that the function begins`));
    return false;
  }

  effects(storage: AddressStorage): BatchEffects {
    const { messages, delayed, egresses } = this;
    return { kind: 'effects', mutations: storage.mutations(), messages, delayed, egresses };
  }
}

export class Context {
  readonly #self: Address;
  readonly #storage: object;
  readonly #collected: Collected;

  constructor(self: Address, storage: object, collected: Collected) {
    this.#self = self;
    this.#storage = storage;
    this.#collected = collected;
  }

  /**
   * The states of this address, each under its name: null until it is set. Assigning null deletes. A name that the
   * function has not declared throws a `TypeError`.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- as in the official package: programs name their own states
  get storage(): any {
    return this.#storage;
  }

  /** Who sent this message; null if it comes from outside. */
  get caller(): null | Address {
    return this.#collected.caller;
  }

  /** The address that is being invoked. */
  get self(): Address {
    return this.#self;
  }

  /** Sends a message to a function, or a record to an egress. Throws `MESSAGE_NOT_ENCODABLE` for anything else. */
  send(message: Message | EgressMessage): void {
    if (message instanceof EgressMessage) {
      const { typename: egress, typedValue: argument } = message;
      if (this.#isOpen()) this.#collected.egresses.push({ egress, argument });
    } else {
      const sent = sentMessage(message);
      if (this.#isOpen()) this.#collected.messages.push(sent);
    }
  }

  /**
   * Sends a message when so many milliseconds have passed. A token is the name to cancel it by.
   *
   * @throws MillraceError `INVALID_DELAY`, `INVALID_TIMER` or `MESSAGE_NOT_ENCODABLE`
   */
  sendAfter(delay: number, message: Message, cancellationToken?: string): void {
    if (!Number.isSafeInteger(delay) || delay < 0) {
      const what = `A delay must be a whole number of milliseconds, 0 or more, not ${describe(delay)}`;
      throw new MillraceError('INVALID_DELAY', what);
    }
    const token = checkedToken(cancellationToken ?? '');
    const sent = sentMessage(message);
    if (this.#isOpen()) this.#collected.delayed.push({ kind: 'send', ...sent, delayMs: delay, token });
  }

  /** Cancels what was sent with this token, if it has not been delivered. Throws `INVALID_TIMER` for an empty one. */
  cancelDelayedMessage(cancellationToken: string): void {
    if (cancellationToken === '') throw new MillraceError('INVALID_TIMER', 'A token to cancel by must not be empty');
    const token = checkedToken(cancellationToken);
    if (this.#isOpen()) this.#collected.delayed.push({ kind: 'cancel', token });
  }

  #isOpen(): boolean {
    return this.#collected.isOpen(this.#self);
  }
}

function sentMessage(message: unknown): SentMessage {
  if (!(message instanceof Message)) throw notAMessage(message);
  return { target: engineAddress(message.targetAddress), argument: message.typedValue };
}

function checkedToken(token: unknown): string {
  if (typeof token === 'string') return token;
  throw new MillraceError('INVALID_TIMER', `A token must be a text, not ${describe(token)}`);
}
