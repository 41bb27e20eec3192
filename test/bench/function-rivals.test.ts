/**
 * The rivals that carry out functions, Restate and Durable Objects on workerd: what they have answered is there after a
 * kill, money is neither made nor lost, and chains from object to object come to their end. Where they are not installed
 * these tests are skipped, by name.
 */
import { describe, expect, test } from 'vitest';
import type { BankSession } from '../../bench/app/bank-contender.ts';
import type { AskedCounter } from '../../bench/flow/ask-committed.ts';
import type { CounterSession } from '../../bench/flow/keyed-counter.ts';
import { RestateBank } from '../../bench/rival/restate/restate-bank.ts';
import { RestateCounter } from '../../bench/rival/restate/restate-counter.ts';
import { RestateRelay } from '../../bench/rival/restate/restate-relay.ts';
import { missingRestate } from '../../bench/rival/restate/restate-server.ts';
import { WorkerdBank } from '../../bench/rival/workerd/workerd-bank.ts';
import { WorkerdCounter } from '../../bench/rival/workerd/workerd-counter.ts';
import { missingWorkerd } from '../../bench/rival/workerd/workerd-server.ts';

const ACCOUNTS = 3;
const TRANSFERS = 150;

/** What one entity answers before and after a kill, and what all come to. */
async function useCounter(counter: CounterSession & AskedCounter): Promise<readonly number[]> {
  try {
    await counter.add(20);
    const before = await counter.addOne('entity-0');
    const next = await counter.addOne('entity-0');
    const sum = await counter.sum();
    return [next - before, sum, (await counter.addOne('entity-0')) - before];
  } finally {
    await counter.close();
  }
}

async function useBank(bank: BankSession): ReturnType<BankSession['totals']> {
  try {
    await bank.transfer(TRANSFERS);
    return await bank.totals();
  } finally {
    await bank.close();
  }
}

const restateMissing = missingRestate();

describe.skipIf(restateMissing !== undefined)(`Restate${restateMissing ? ` (${restateMissing})` : ''}`, () => {
  test('keeps every increment over a kill', async () => {
    expect(await useCounter(await RestateCounter.open(5))).toEqual([1, 22, 2]);
  });

  test('conserves the money over a kill', async () => {
    expect(await useBank(await RestateBank.open(ACCOUNTS))).toEqual({ gained: 0, transfers: TRANSFERS });
  });

  test('counts every hop of its chains', async () => {
    const relay = await RestateRelay.open(5, 4);
    try {
      await relay.run(9);
      await relay.run(0);
      await relay.reopen();
      expect(await relay.takeSum()).toBe(4 * 10 + 4);
    } finally {
      await relay.close();
    }
  });
});

const workerdMissing = missingWorkerd();

describe.skipIf(workerdMissing !== undefined)(`workerd${workerdMissing ? ` (${workerdMissing})` : ''}`, () => {
  test('keeps every increment over a kill', async () => {
    expect(await useCounter(await WorkerdCounter.open(5))).toEqual([1, 22, 2]);
  });

  test('conserves the money over a kill', async () => {
    expect(await useBank(await WorkerdBank.open(ACCOUNTS))).toEqual({ gained: 0, transfers: TRANSFERS });
  });
});
