/**
 * Accounts that pay to each other: who has not enough refuses, who has enough pays, and the money is under way until the
 * other account has it.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from '../flow/census.ts';

export const FIRST_BALANCE = 1_000;

export type BankMessage =
  | { readonly kind: 'transfer'; readonly to: string; readonly amount: number }
  | { readonly kind: 'deposit'; readonly amount: number }
  | { readonly kind: 'reportBalance' }
  | { readonly kind: 'reportTransfers' };

const account = functionType<BankMessage>('bench/entity');

const accountFunction = defineFunction({
  type: account,
  state: { balance: value({ initial: FIRST_BALANCE }), transfers: value({ initial: 0 }) },
  invoke(ctx, message) {
    const { state } = ctx;
    switch (message.kind) {
      case 'transfer': {
        // Those that are refused are counted as well.
        state.transfers += 1;
        const { to, amount } = message;
        if (state.balance < amount) return;
        state.balance -= amount;
        ctx.send(account, to, { kind: 'deposit', amount });
        return;
      }
      case 'deposit':
        state.balance += message.amount;
        return;
      case 'reportBalance':
        reportTo(ctx, state.balance);
        return;
      case 'reportTransfers':
        reportTo(ctx, state.transfers);
    }
  },
});

export default defineModule({ functions: [accountFunction, census] });
