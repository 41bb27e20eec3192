/**
 * What follows from one batch, as far as its invocations have come. Nothing of it leaves before all of them have returned
 * (I5). Belongs to one batch.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import type { BatchEffects, DelayedCommand, EgressRecord, SentMessage, StateMutation } from '../statefun/protocol.ts';

export class CollectedEffects {
  readonly #messages: SentMessage[] = [];
  readonly #delayed: DelayedCommand[] = [];
  readonly #egresses: EgressRecord[] = [];
  /** Tokens that this batch has given (true) or cancelled (false); most batches have none. */
  #tokens: Map<string, boolean> | undefined = undefined;

  send(message: SentMessage): void {
    this.#messages.push(message);
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
    this.#delayed.push({ kind: 'send', delayMs, token, target, argument });
  }

  /** False if nothing can be pending, since this batch has cancelled it already. */
  cancel(token: string): boolean {
    this.#tokens ??= new Map();
    if (this.#tokens.get(token) === false) return false;
    this.#tokens.set(token, false);
    this.#delayed.push({ kind: 'cancel', token });
    return true;
  }

  egress(record: EgressRecord): void {
    this.#egresses.push(record);
  }

  /** All of it, once. */
  effects(mutations: readonly StateMutation[]): BatchEffects {
    return {
      kind: 'effects',
      mutations,
      messages: this.#messages,
      delayed: this.#delayed,
      egresses: this.#egresses,
    };
  }
}
