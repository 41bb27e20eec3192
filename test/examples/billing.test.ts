/**
 * Billing: as a process, a year under virtual time, and explored with a payment provider that is away, declines, and is
 * asked again after crashes: nobody is charged twice, and nothing that was charged is forgotten.
 */
import { describe, expect, test } from 'vitest';
import {
  billingModule,
  type Charge,
  invoice,
  notices,
  subscription,
  subscriptionFunction,
} from '../../examples/billing/module.ts';
import { type Cut, explore, type Scenario, testEngine, type World } from '../../src/testing/index.ts';
import { runExample } from './example-run.ts';

const SUBSCRIBE = { kind: 'subscribe', price: 10 } as const;

test('runs, and bills those who pay and those who do not', async () => {
  const { code, stdout, stderr } = await runExample('examples/billing/main.ts');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trim().split('\n').toSorted()).toEqual([
    'Kim: invoice Kim-1, paid',
    'Lou: invoice Lou-1, paid',
    'broke-Bob: invoice broke-Bob-1, please pay',
  ]);
});

describe('under virtual time', () => {
  test('a year is thirteen invoices, and none after the end', async () => {
    const t = await testEngine(billingModule(() => Promise.resolve('paid')));
    await t.send(subscription, 'Kim', SUBSCRIBE);
    await t.send(subscription, 'Kim', SUBSCRIBE);
    await t.advance('365 days');
    expect(t.state(subscriptionFunction, 'Kim')).toMatchObject({ status: 'active', invoiceCount: 13, paidCount: 13 });
    await t.send(subscription, 'Kim', { kind: 'cancel' });
    await t.advance('365 days');
    expect(t.state(subscriptionFunction, 'Kim')).toMatchObject({ status: 'cancelled', invoiceCount: 13 });
    expect(t.delayedTo(subscription)).toEqual([]);
    await t.send(subscription, 'Kim', SUBSCRIBE);
    expect(t.state(subscriptionFunction, 'Kim')).toMatchObject({ status: 'active', paidCount: 14 });
  });

  test('whoever does not pay is reminded after 1, 3 and 7 days, and then suspended', async () => {
    const askedAt: number[] = [];
    const t = await testEngine((world) => {
      return billingModule(() => {
        askedAt.push(world.now());
        return Promise.resolve('declined');
      });
    });
    const start = t.now();
    await t.send(subscription, 'Bob', SUBSCRIBE);
    await t.advance('60 days');
    expect(askedAt.map((at) => (at - start) / 86_400_000)).toEqual([0, 1, 4, 11]);
    expect(t.egress(notices).map(({ text }) => text)).toEqual(['please pay', 'please pay', 'please pay', 'suspended']);
    expect([t.state(subscriptionFunction, 'Bob').status, t.delayedTo(subscription)]).toEqual(['suspended', []]);
  });

  test('a provider that is away is asked again in ten minutes', async () => {
    let asked = 0;
    const t = await testEngine(
      billingModule(() => (++asked < 3 ? Promise.reject(new Error('away')) : Promise.resolve('paid'))),
    );
    await t.send(subscription, 'Kim', SUBSCRIBE);
    expect(t.delayedTo(invoice).map(({ due }) => due - t.now())).toEqual([600_000]);
    await t.advance('20 min');
    expect([asked, t.state(subscriptionFunction, 'Kim').paidCount]).toEqual([3, 1]);
  });
});

const DAY_MS = 86_400_000;

describe('explored', () => {
  const CUSTOMERS = ['Kim', 'Lou'];
  /** What the provider has in its books: it lives outside, and survives all crashes of the engine. */
  const charged = new Map<string, number>();

  const provider =
    (world: World): Charge =>
    async (id, amount) => {
      await world.pause();
      const chance = world.random();
      if (chance < 0.2) throw new Error('the provider is away');
      if (chance < 0.4 && !charged.has(id)) return 'declined';
      charged.set(id, amount);
      await world.pause();
      return 'paid';
    };

  function paidInvoices(cut: Cut): string[] {
    return [...cut.states(invoice)].filter(([, { status }]) => status === 'paid').map(([id]) => id);
  }

  const scenario: Scenario = {
    module: (world) => billingModule(provider(world)),
    async run(t) {
      charged.clear();
      await Promise.all(CUSTOMERS.map((id) => t.send(subscription, id, SUBSCRIBE)));
      await t.advance('65 days');
      await t.send(subscription, 'Lou', { kind: 'cancel' });
      await t.advance('60 days');
    },
    invariant(cut) {
      for (const id of paidInvoices(cut)) expect(charged.has(id), id).toBe(true);
      for (const id of CUSTOMERS) {
        const { status } = cut.state(subscriptionFunction, id);
        const next = cut.delayedTo(subscription).filter((delayed) => delayed.id === id).length;
        const onItsWay = cut.messagesTo(subscription).some(({ message }) => message.kind === 'next month');
        if (!onItsWay) expect(next, `next invoices of ${id}, who is ${status}`).toBe(status === 'active' ? 1 : 0);
      }
    },
    outcome(cut) {
      expect(paidInvoices(cut).toSorted()).toEqual([...charged.keys()].toSorted());
      const counted = CUSTOMERS.reduce((sum, id) => sum + cut.state(subscriptionFunction, id).paidCount, 0);
      expect(counted).toBe(charged.size);
      const told = cut.egress(notices).filter(({ text }) => text === 'paid');
      expect(told.map(({ invoice: id }) => id).toSorted()).toEqual([...charged.keys()].toSorted());
    },
  };

  test('nobody is charged without being told, and nothing that was charged is forgotten', async () => {
    const report = await explore(scenario, { seeds: 30 });
    expect(report.deaths).toBeGreaterThan(15);
  });

  test('a next month that comes when its subscription has ended, and another has begun, is left alone', async () => {
    const solvent = (world: World): Charge => {
      return async () => {
        await world.pause();
        return 'paid';
      };
    };
    const report = await explore(
      {
        module: (world) => billingModule(solvent(world)),
        async run(t) {
          await t.send(subscription, 'Kim', SUBSCRIBE);
          for (let month = 0; month < 5; month++) {
            await t.advance(30 * DAY_MS - Math.ceil(40 * t.random()));
            // The next month may be on its way before either of them, after both, or in between.
            const again = [t.send(subscription, 'Kim', { kind: 'cancel' }), t.send(subscription, 'Kim', SUBSCRIBE)];
            await Promise.all([t.advance(50), ...again]);
          }
        },
        outcome(cut) {
          expect(cut.delayedTo(subscription).length).toBeLessThan(2);
        },
      },
      { seeds: 10 },
    );
    // Nothing has thrown, or a seed would have failed.
    expect(report.seeds).toBe(10);
  });

  test('one that gives up where it does not know is found', async () => {
    const hasty: Scenario = {
      ...scenario,
      module: (world) => {
        const all = billingModule(provider(world));
        const functions = all.functions.map((fn) =>
          fn.type === invoice.type
            ? {
                ...fn,
                invoke: (ctx: never, message: { readonly status?: string }) =>
                  message.status === 'unknown' ? undefined : fn.invoke(ctx, message),
              }
            : fn,
        );
        return { ...all, functions };
      },
    };
    await expect(explore(hasty, { seeds: 200 })).rejects.toThrow(/seed \d+ failed/);
  });
});
