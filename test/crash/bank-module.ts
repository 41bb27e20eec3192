/**
 * The bank that is killed over and over: a transfer leaves one account, is reviewed by somebody slow, and comes to
 * another, which says so. So it has state, messages in flight between shards, invocations under way, and records.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineEgress, defineFunction, defineModule, functionType, value } from '../../src/index.ts';

export interface Transfer {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** A transfer that has come, as the `count`th of its account. */
export interface Arrival extends Transfer {
  readonly count: number;
}

export interface AccountState {
  readonly balance: number;
  readonly arrivalCount: number;
}

export type AccountMessage =
  | { readonly withdraw: Transfer }
  | { readonly deposit: Transfer }
  | { readonly question: 'state' };

export const account = functionType<AccountMessage, AccountState>('bank/account');
export const arrivals = defineEgress<Arrival>({ type: 'bank/arrivals' });

const accountFunction = defineFunction({
  type: account,
  state: { balance: value({ initial: 0 }), arrivalCount: value({ initial: 0 }) },
  invoke(ctx, message) {
    if ('question' in message) {
      ctx.reply({ balance: ctx.state.balance, arrivalCount: ctx.state.arrivalCount });
    } else if ('withdraw' in message) {
      const { withdraw } = message;
      ctx.state.balance -= withdraw.amount;
      ctx.send(review, `desk-${withdraw.amount % 5}`, withdraw);
    } else {
      ctx.state.balance += message.deposit.amount;
      ctx.state.arrivalCount++;
      ctx.egress(arrivals, { ...message.deposit, count: ctx.state.arrivalCount });
    }
  },
});

const review = defineFunction({
  type: 'bank/review',
  state: { reviewedCount: value({ initial: 0 }) },
  async invoke(ctx, transfer: Transfer) {
    if (transfer.amount % 8 === 0) await sleep(1);
    ctx.state.reviewedCount++;
    ctx.send(account, transfer.to, { deposit: transfer });
  },
});

export default defineModule({ functions: [accountFunction, review], egresses: [arrivals] });
