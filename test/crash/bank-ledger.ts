/**
 * A ledger of which there are two versions: the first lives of a bank run the first, all others the second, which finds
 * what the first has written. Nothing of it may be missing, whichever life first reads it, and however that life ends.
 */
import { defineFunction, type FunctionType, functionType, table, value } from '../../src/index.ts';
import type { Arrival } from './bank-module.ts';
import type { OfficeState } from './bank-office.ts';

/** `1` for the first version of the code. */
export const VERSION_VARIABLE = 'CRASH_VERSION';

interface Book {
  readonly sum: number;
  readonly count: number;
  /** How many of them the first version of the code has written down. */
  readonly carriedCount: number;
}

export const ledger: FunctionType<Arrival | 'state', OfficeState> = functionType('bank/ledger');
/** How many entries of an account came from the first version of the code. */
export const carried: FunctionType<'carried', number> = functionType('bank/ledger');

type LedgerMessage = Arrival | 'state' | 'carried';

const firstLedger = defineFunction({
  type: 'bank/ledger',
  state: { book: value<readonly [number, number]>({ initial: [0, 0] }), payers: table({ initial: '0' }) },
  invoke({ state }, message: LedgerMessage) {
    // Nobody asks before the end.
    if (typeof message === 'string') return;
    const { from, amount } = message;
    const [sum, count] = state.book;
    state.book = [sum + amount, count + 1];
    state.payers.set(from, `${Number(state.payers.get(from)) + amount}`);
  },
});

const secondLedger = defineFunction({
  type: 'bank/ledger',
  state: {
    book: value<Book>({
      initial: { sum: 0, count: 0, carriedCount: 0 },
      version: 2,
      migrate: { 1: ([sum, count]: [number, number]) => ({ sum, count, carriedCount: count }) },
    }),
    payers: table<number>({ initial: 0, version: 2, migrate: { 1: (sum: string) => Number(sum) } }),
  },
  async invoke(ctx, message: LedgerMessage) {
    const { book, payers } = ctx.state;
    const { sum, count, carriedCount } = book;
    if (message === 'carried') return ctx.reply(carriedCount);
    if (message !== 'state') {
      ctx.state.book = { sum: sum + message.amount, count: count + 1, carriedCount };
      payers.set(message.from, payers.get(message.from) + message.amount);
      return;
    }
    let paid = 0;
    for await (const each of payers.values()) paid += each;
    ctx.reply({ sum, count, faultCount: paid === sum ? 0 : 1 } satisfies OfficeState);
  },
});

export const ledgerFunction: typeof firstLedger | typeof secondLedger =
  process.env[VERSION_VARIABLE] === '1' ? firstLedger : secondLedger;
