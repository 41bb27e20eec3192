/**
 * Bank transfers between two accounts: the money is conserved, whatever happens.
 *
 * ```
 *   main thread: transfer(a, b, amount) ──▶ account a, if it has enough ──▶ account b         100,000 accounts at random
 * ```
 *
 * A transfer counts when it is committed that it has been asked for. Rivals, over HTTP and with their durability on:
 * Restate, whose virtual objects send the money to each other, and Durable Objects on workerd, which call each other. The
 * checksum is the sum of all balances and of all transfers that were counted, after a reopen, or after a kill.
 */
import type { Benchmark } from '../harness/benchmark.ts';
import { takeSum } from '../flow/engine-flow.ts';
import { missingRestate, RESTATE } from '../rival/restate/restate-server.ts';
import { RestateBank } from '../rival/restate/restate-bank.ts';
import { missingWorkerd, WORKERD } from '../rival/workerd/workerd-server.ts';
import { WorkerdBank } from '../rival/workerd/workerd-bank.ts';
import { appBenchmark } from './app-benchmark.ts';
import { bankContender } from './bank-contender.ts';
import { type BankMessage, FIRST_BALANCE } from './bank-module.ts';
import { TransferDraw } from './transfer-draw.ts';

export const bank: Benchmark = appBenchmark({
  name: 'bank-transfers',
  unit: 'transfers/s',
  describe: ({ entities }) => `transfers among ${entities.toLocaleString('en-US')} accounts, committed`,
  module: () => new URL('./bank-module.ts', import.meta.url),
  figures: [{ rival: RESTATE, atLeast: 100 }],
  rivals: (options) => [
    bankContender(RESTATE, options, RestateBank.open, missingRestate()),
    bankContender(WORKERD, options, WorkerdBank.open, missingWorkerd()),
  ],
  open({ entities }) {
    const draw = new TransferDraw(entities);
    const { ids } = draw;
    let asked = 0;
    return {
      next(engine) {
        const { from, to, amount } = draw.next();
        asked++;
        return engine.send('bench/entity', from, { kind: 'transfer', to, amount } satisfies BankMessage);
      },
      async check(engine) {
        const balances = await takeSum(engine, ids, { kind: 'reportBalance' } satisfies BankMessage);
        const transfers = await takeSum(engine, ids, { kind: 'reportTransfers' } satisfies BankMessage);
        return { checksum: String(balances + transfers), expected: String(entities * FIRST_BALANCE + asked) };
      },
    };
  },
});
