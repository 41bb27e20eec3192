/**
 * What follows from one batch, as far as its invocations have come. Nothing of it leaves before all of them have returned
 * (I5). Belongs to one batch.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import {
  type BatchEffects,
  type DelayedCommand,
  type EgressRecord,
  NO_EFFECTS,
  type SentMessage,
  type StateMutation,
} from '../statefun/protocol.ts';

export class CollectedEffects {
  // Made when there is something to put into them.
  #messages: SentMessage[] | undefined = undefined;
  #delayed: DelayedCommand[] | undefined = undefined;
  #egresses: EgressRecord[] | undefined = undefined;
  /** Tokens that this batch has given (true) or cancelled (false); most batches have none. */
  #tokens: Map<string, boolean> | undefined = undefined;

  send(message: SentMessage): void {
    if (this.#messages === undefined) this.#messages = [message];
    else this.#messages.push(message);
  }

  /** An empty token is none. Throws `DUPLICATE_TOKEN`; of what earlier batches have given only the cluster knows. */
  sendAfter(delayMs: number, token: string, { target, argument }: SentMessage): void {
    if (token !== '') {
      this.#tokens ??= new Map();
      if (this.#tokens.get(token) === true) {
        const what = `A delayed message with the token ${describe(token)} is pending already.`;
        throw new MillraceError('DUPLICATE_TOKEN', what, { details: { token } });
      }
      this.#tokens.set(token, true);
    }
    this.#delay({ kind: 'send', delayMs, token, target, argument });
  }

  /** False if nothing can be pending, since this batch has cancelled it already. */
  cancel(token: string): boolean {
    this.#tokens ??= new Map();
    if (this.#tokens.get(token) === false) return false;
    this.#tokens.set(token, false);
    this.#delay({ kind: 'cancel', token });
    return true;
  }

  #delay(command: DelayedCommand): void {
    if (this.#delayed === undefined) this.#delayed = [command];
    else this.#delayed.push(command);
  }

  egress(record: EgressRecord): void {
    if (this.#egresses === undefined) this.#egresses = [record];
    else this.#egresses.push(record);
  }

  /** All of it, once. */
  effects(mutations: readonly StateMutation[]): BatchEffects {
    return {
      kind: 'effects',
      mutations,
      messages: this.#messages ?? NO_EFFECTS.messages,
      delayed: this.#delayed ?? NO_EFFECTS.delayed,
      egresses: this.#egresses ?? NO_EFFECTS.egresses,
    };
  }
}
