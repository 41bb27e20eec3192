/**
 * Bank transfers between two accounts: the money is conserved, whatever happens.
 *
 * ```
 *   main thread: transfer(a, b, amount) ──▶ account a, if it has enough ──▶ account b         100,000 accounts at random
 * ```
 *
 * A transfer counts when it is committed that it has been asked for. The checksum is the sum of all balances and of all
 * transfers that were counted, after a reopen.
 */
import { Prng } from '../../src/base/prng.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { takeSum } from '../flow/engine-flow.ts';
import { entityIds } from '../flow/entity-ids.ts';
import { appBenchmark } from './app-benchmark.ts';
import { type BankMessage, FIRST_BALANCE } from './bank-module.ts';

const AMOUNT_MAX = 100;

export const bank: Benchmark = appBenchmark({
  name: 'bank-transfers',
  unit: 'transfers/s',
  describe: ({ entities }) => `transfers among ${entities.toLocaleString('en-US')} accounts, committed`,
  module: () => new URL('./bank-module.ts', import.meta.url),
  open({ entities }) {
    const ids = entityIds(entities);
    const random = new Prng(1);
    let asked = 0;
    return {
      next(engine) {
        const from = ids[random.below(entities)];
        const to = ids[random.below(entities)];
        asked++;
        const transfer: BankMessage = { kind: 'transfer', to, amount: 1 + random.below(AMOUNT_MAX) };
        return engine.send('bench/entity', from, transfer);
      },
      async check(engine) {
        const balances = await takeSum(engine, ids, { kind: 'reportBalance' } satisfies BankMessage);
        const transfers = await takeSum(engine, ids, { kind: 'reportTransfers' } satisfies BankMessage);
        return { checksum: String(balances + transfers), expected: String(entities * FIRST_BALANCE + asked) };
      },
    };
  },
});
