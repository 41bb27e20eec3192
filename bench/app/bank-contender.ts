/**
 * A rival of the bank transfers: built up, warmed up, measured, killed and started again, and asked what became of the
 * money. An account that was never touched has what it had at first.
 */
import type { Contender } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { warmRun } from '../harness/warm-run.ts';
import { FIRST_BALANCE } from './bank-module.ts';

/** A bank, built up. */
export interface BankSession {
  /** Seconds until so many transfers are durable. */
  transfer(count: number): Promise<number>;
  /** By what is on disk when all has arrived: what all accounts together have more than at first, and the transfers. */
  totals(): Promise<{ readonly gained: number; readonly transfers: number }>;
  close(): Promise<void>;
}

const FIRST_COUNT = 50;

export function bankContender(
  name: string,
  { seconds, entities }: Options,
  open: (entities: number) => Promise<BankSession>,
  missing: string | undefined,
): Contender {
  return {
    name,
    missing,
    async measure() {
      const session = await open(entities);
      try {
        const run = await warmRun((count) => session.transfer(count), FIRST_COUNT, seconds);
        const asked = run.works.reduce((sum, count) => sum + count, 0);
        const { gained, transfers } = await session.totals();
        return {
          value: run.work / run.seconds,
          checksum: String(entities * FIRST_BALANCE + gained + transfers),
          expected: String(entities * FIRST_BALANCE + asked),
        };
      } finally {
        await session.close();
      }
    },
  };
}
