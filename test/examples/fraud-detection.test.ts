/**
 * Fraud detection: as a process, step by step under virtual time, and explored with a third party that is slow and often
 * away.
 */
import { describe, expect, test } from 'vitest';
import {
  account,
  accountFunction,
  ALERT_PROBABILITY,
  alerts,
  fraudModule,
  probabilityOf,
  type Transaction,
  transaction,
  transactionFunction,
  transactions,
} from '../../examples/fraud-detection/module.ts';
import { explore, testEngine, type World } from '../../src/testing/index.ts';
import { runExample } from './example-run.ts';

const SCORES: Readonly<Record<string, number>> = { 'corner shop': 10, 'shady goods': 90 };

function given(id: string, from: string, at: string, amount = 100): Transaction {
  return { kind: 'transaction', id, account: from, merchant: at, amount };
}

test('runs, and finds what a plain loop finds', async () => {
  const { code, stdout, stderr } = await runExample('examples/fraud-detection/main.ts', ['--transactions', '2000']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Eve has 3 of 3 frauds$/m);
  const [, count] = /2000 transactions, (\d+) alerts, as a plain loop says: yes/.exec(stdout) ?? [];
  expect(Number(count)).toBeGreaterThan(100);
});

describe('step by step', () => {
  test('a doubtful merchant and an account with frauds make an alert, and nothing is left of the transaction', async () => {
    const t = await testEngine(fraudModule((id) => Promise.resolve(SCORES[id])));
    for (let fraud = 0; fraud < 2; fraud++) await t.send(account, 'Eve', 'confirm fraud');
    await t.feed(transactions, given('t-1', 'Eve', 'shady goods'), given('t-2', 'Kim', 'shady goods'));
    expect(t.egress(alerts)).toEqual([{ transaction: 't-1', account: 'Eve', probability: 0.95 }]);
    expect(t.states(transactionFunction).size).toBe(0);
  });

  test('a fraud counts for 30 days', async () => {
    const t = await testEngine(fraudModule((id) => Promise.resolve(SCORES[id])));
    await t.send(account, 'Eve', 'confirm fraud');
    await t.advance('20 days');
    await t.send(account, 'Eve', 'confirm fraud');
    expect(t.delayedTo(account).map(({ id, due }) => [id, due - t.now()])).toEqual([
      ['Eve', 10 * 86_400_000],
      ['Eve', 30 * 86_400_000],
    ]);
    expect(await t.ask(account, 'Eve', 'query')).toEqual({ kind: 'frauds', count: 2 });
    await t.advance('11 days');
    expect(t.state(accountFunction, 'Eve').frauds).toBe(1);
    await t.advance('20 days');
    expect([t.state(accountFunction, 'Eve').frauds, t.delayedTo(account)]).toEqual([0, []]);
    expect(t.trace()).toContain('→ fraud/account "Eve" in 30 d 0.000 s: \'forget fraud\'');
  });

  test('the third party is asked once a week per merchant, and again when it was away', async () => {
    let asked = 0;
    const t = await testEngine(
      fraudModule((id) => {
        if (++asked === 1) return Promise.reject(new Error('away'));
        return Promise.resolve(SCORES[id]);
      }),
    );
    await t.feed(transactions, given('t-1', 'Kim', 'corner shop'));
    expect([asked, t.state(transactionFunction, 't-1').merchantScore]).toEqual([1, undefined]);
    await t.advance('1 s');
    await t.feed(transactions, given('t-2', 'Kim', 'corner shop'));
    expect([asked, t.states(transactionFunction).size]).toEqual([2, 0]);
    // However often it is wanted meanwhile.
    await t.advance('6 days');
    await t.feed(transactions, given('t-3', 'Kim', 'corner shop'));
    expect(asked).toBe(2);
    await t.advance('1 day');
    await t.feed(transactions, given('t-4', 'Kim', 'corner shop'));
    expect(asked).toBe(3);
  });
});

describe('explored', () => {
  const FRAUDS: Readonly<Record<string, number>> = { Eve: 3, Kim: 0 };
  const GIVEN = Array.from({ length: 8 }, (_, index) =>
    given(`t-${index}`, index % 3 === 0 ? 'Eve' : 'Kim', index % 2 === 0 ? 'shady goods' : 'corner shop', index * 300),
  );
  const EXPECTED = GIVEN.filter((each) => {
    const features = { amount: each.amount, frauds: FRAUDS[each.account], merchantScore: SCORES[each.merchant] };
    return probabilityOf(features) >= ALERT_PROBABILITY;
  });

  /** A third party that takes its time and is away one time in three. */
  const module = (world: World) =>
    fraudModule(async (id) => {
      await world.pause();
      if (world.random() < 0.33) throw new Error('the third party is away');
      return SCORES[id];
    });

  test('every transaction is judged once, by all that was known', async () => {
    const report = await explore(
      {
        module,
        async run(t) {
          const confirmed = Array.from({ length: FRAUDS['Eve'] }, () => t.send(account, 'Eve', 'confirm fraud'));
          await Promise.all(confirmed);
          await t.settle();
          t.feed(transactions, ...GIVEN);
          await t.advance('31 days');
        },
        invariant(cut) {
          // Whatever is counted will be forgotten, and nothing else.
          const toForget = cut.delayedTo(account).length;
          const onTheirWay = cut.messagesTo(account).filter(({ message }) => message === 'forget fraud').length;
          expect(cut.state(accountFunction, 'Eve').frauds).toBe(toForget + onTheirWay);
          const raised = cut.egress(alerts).map((alert) => alert.transaction);
          expect(new Set(raised).size).toBe(raised.length);
        },
        outcome(cut) {
          const raised = cut.egress(alerts).map((alert) => alert.transaction);
          expect(raised.toSorted()).toEqual(EXPECTED.map(({ id }) => id).toSorted());
          expect(cut.states(transactionFunction).size).toBe(0);
          expect(cut.state(accountFunction, 'Eve').frauds).toBe(0);
        },
      },
      { seeds: 40 },
    );
    expect(report.deaths).toBeGreaterThan(20);
    expect(EXPECTED.length).toBeGreaterThan(2);
  });

  test('finds a transaction that forgets an answer', async () => {
    const forgetful = (world: World) => {
      const all = module(world);
      const functions = all.functions.map((fn) =>
        fn.type === transaction.type
          ? {
              ...fn,
              invoke: (ctx: never, message: Parameters<typeof transactionFunction.invoke>[1]) =>
                message.kind === 'frauds' ? undefined : transactionFunction.invoke(ctx, message),
            }
          : fn,
      );
      return { ...all, functions };
    };
    await expect(
      explore({
        module: forgetful,
        run: (t) => t.feed(transactions, ...GIVEN),
        outcome: (cut) => expect(cut.states(transactionFunction).size).toBe(0),
      }),
    ).rejects.toThrow(/seed 1 failed/);
  });
});
