/**
 * Ride sharing: as a process, one ride step by step, and explored: however messages overtake each other and whatever
 * crashes, no driver has two rides, and every passenger gets an answer.
 */
import { expect, test } from 'vitest';
import { driver, notices, passenger } from '../../examples/ride-sharing/messages.ts';
import ridesModule, {
  cellFunction,
  driverFunction,
  passengerFunction,
  rideFunction,
} from '../../examples/ride-sharing/module.ts';
import type { Context } from '../../src/index.ts';
import { type Cut, explore, testEngine } from '../../src/testing/index.ts';
import { runExample } from './example-run.ts';

const HOME = { kind: 'request ride', from: 'harbour', to: 'home' } as const;

test('an evening ends with everybody at home', async () => {
  const args = ['--passengers', '200', '--drivers', '10'];
  const { code, stdout, stderr } = await runExample('examples/ride-sharing/main.ts', args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^200 passengers are home/);
});

test('one ride, step by step', async () => {
  const t = await testEngine(ridesModule);
  await t.send(passenger, 'Kim', HOME);
  expect(t.egress(notices)).toEqual([{ to: 'passenger', id: 'Kim', ride: 'Kim-1', text: 'no driver' }]);
  await t.send(driver, 'Dan', { kind: 'drive to', cell: 'station' });
  await t.send(driver, 'Dan', { kind: 'drive to', cell: 'harbour' });
  expect([t.state(cellFunction, 'station').drivers, t.state(cellFunction, 'harbour').drivers]).toEqual([[], ['Dan']]);
  await t.send(passenger, 'Kim', HOME);
  await t.send(passenger, 'Kim', HOME);
  expect(t.state(rideFunction, 'Kim-2')).toMatchObject({ status: 'promised', driver: 'Dan', passenger: 'Kim' });
  expect(t.state(cellFunction, 'harbour').drivers).toEqual([]);
  await t.send(driver, 'Dan', { kind: 'start ride' });
  await t.send(driver, 'Dan', { kind: 'end ride' });
  expect(
    t
      .egress(notices)
      .slice(1)
      .map(({ text }) => text),
  ).toEqual(['pick up', 'started', 'ended']);
  expect([t.state(driverFunction, 'Dan').ride, t.state(passengerFunction, 'Kim').ride]).toEqual([undefined, undefined]);
});

const DRIVERS = ['Dan', 'Eli'];
const PASSENGERS = ['Kim', 'Lou', 'Ada', 'Bob'];

/** No driver has two rides, and what drivers and rides say of each other fits together. */
function checkPromises(cut: Cut): void {
  const rides = [...cut.states(rideFunction)];
  for (const id of DRIVERS) {
    const going = rides.filter(([, ride]) => ride.driver === id && ['promised', 'started'].includes(ride.status));
    // The last word of an earlier ride may still be on its way.
    const ending = cut.messages.filter(({ message }) => (message as { kind?: unknown }).kind === 'driver ends');
    expect(going.length - ending.length, `rides of ${id}`).toBeLessThanOrEqual(1);
  }
}

test('explored: no driver has two rides, and every passenger gets an answer', async () => {
  const report = await explore(
    {
      module: ridesModule,
      async run(t) {
        await Promise.all(DRIVERS.map((id) => t.send(driver, id, { kind: 'drive to', cell: 'harbour' })));
        await Promise.all(PASSENGERS.map((id) => t.send(passenger, id, HOME)));
        for (let cut = await t.settle(); ; cut = await t.settle()) {
          const taken = DRIVERS.filter((id) => cut.state(driverFunction, id).ride !== undefined);
          if (taken.length === 0) break;
          await Promise.all(taken.map((id) => t.send(driver, id, { kind: 'start ride' })));
          for (const id of taken) await t.send(driver, id, { kind: 'end ride' });
          await Promise.all(taken.map((id) => t.send(driver, id, { kind: 'drive to', cell: 'harbour' })));
          const waiting = (await t.settle()).states(passengerFunction);
          const again = PASSENGERS.filter((id) => t.random() < 0.3 && waiting.get(id)?.ride === undefined);
          await Promise.all(again.map((id) => t.send(passenger, id, HOME)));
        }
      },
      invariant: checkPromises,
      outcome(cut) {
        const rides = [...cut.states(rideFunction).values()];
        const requested = PASSENGERS.reduce((sum, id) => sum + cut.state(passengerFunction, id).rideCount, 0);
        expect(rides).toHaveLength(requested);
        expect(rides.every(({ status }) => status === 'ended' || status === 'failed')).toBe(true);
        const answers = cut.egress(notices).filter(({ to, text }) => to === 'passenger' && text !== 'started');
        expect(answers).toHaveLength(requested);
        expect(cut.state(cellFunction, 'harbour').drivers.toSorted()).toEqual(DRIVERS);
      },
    },
    { seeds: 40 },
  );
  expect(report.deaths).toBeGreaterThan(20);
});

test('explored: a driver who never refuses is found', async () => {
  const functions = ridesModule.functions.map((fn) =>
    fn.type === driver.type
      ? {
          ...fn,
          invoke(ctx: Context<typeof driverFunction.state>, message: { readonly kind: string }) {
            if (message.kind === 'pick up') ctx.clear('ride');
            return fn.invoke(ctx as never, message);
          },
        }
      : fn,
  );
  const failure = await explore(
    {
      module: { ...ridesModule, functions },
      async run(t) {
        await t.send(driver, 'Dan', { kind: 'drive to', cell: 'harbour' });
        await Promise.all(PASSENGERS.map((id) => t.send(passenger, id, HOME)));
      },
      invariant: checkPromises,
    },
    { seeds: 100 },
  ).catch((error: unknown) => error);
  expect((failure as Error).message).toContain('rides of Dan');
});
