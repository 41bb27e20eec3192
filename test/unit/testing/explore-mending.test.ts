/**
 * Scenarios that mend what has failed: dead letters are sent again, edited and dropped, parked addresses go on, while
 * the process dies and whatever was ordered is ordered again. Each message is in one place at any moment, and in the
 * right one in the end.
 */
import { expect, test } from 'vitest';
import { type Context, defineFunction, defineModule, functionType, value } from '../../../src/index.ts';
import { type Cut, explore } from '../../../src/testing/index.ts';
import { meantBefore } from '../../../src/testing/scenario-calls.ts';

/** Who is at most 0 is refused until it is healed, and below that always. */
const failing = functionType<number | 'heal'>('test/failing');
const parking = functionType<number | 'heal'>('test/parking');
const state = { isHealed: value({ initial: false }), done: value<readonly number[]>({ initial: [] }) };

function invoke(ctx: Context<typeof state>, message: number | 'heal'): void {
  if (message === 'heal') ctx.state.isHealed = true;
  else if (message < 0 || !ctx.state.isHealed) throw new Error('as ordered');
  else ctx.state.done = [...ctx.state.done, message];
}
const failingFunction = defineFunction({ type: failing, state, invoke });
const parkingFunction = defineFunction({ type: parking, state, failure: { otherwise: 'park' }, invoke });
const module = defineModule({ functions: [failingFunction, parkingFunction] });

/** Where the messages of Kim are, apart from those that are parked. */
function placesOf(cut: Cut): number[] {
  const inFlight = cut.messagesTo(failing).map(({ message }) => message);
  const letters = cut.deadLetters().map(({ message }) => message as number);
  const done = cut.state(failingFunction, 'Kim').done;
  return [...done, ...letters, ...inFlight.filter((message) => typeof message === 'number')];
}

test('dead letters are edited, dropped and sent again, each once, whatever crashes', async () => {
  const counts = { orders: 0, all: 0 };
  const report = await explore(
    {
      module,
      failures: 'allow',
      async run(t) {
        await Promise.all([1, 2, -3, -4, 5].map((number) => t.send(failing, 'Kim', number)));
        await t.send(failing, 'Kim', 'heal');
        const cut = await t.settle();
        const healed = cut.state(failingFunction, 'Kim').done;
        const dropped = cut.deadLetters().filter(({ message }) => message === -4);
        await t.editDeadLetters({ type: failing.type }, ({ message }) => (message === -3 ? 3 : undefined));
        expect((await t.dropDeadLetters(dropped.map(({ id }) => id))).left).toBe(0);
        const { count, left } = await t.redrive({ id: 'Kim' });
        expect(left).toBe(0);
        counts.orders++;
        if (count === 4 - healed.length) counts.all++;
        const mended = await t.settle();
        expect(placesOf(mended).toSorted((one, other) => one - other)).toEqual([1, 2, 3, 5]);
        expect(mended.deadLetters()).toEqual([]);
        // There is nothing more to mend.
        expect(await t.redrive()).toEqual({ count: 0, left: 0 });
        await expect(t.redrive({ from: 'never' as never })).rejects.toMatchObject({ code: 'INVALID_FILTER' });
        await expect(
          t.editDeadLetters({}, () => {
            throw new Error('there is none');
          }),
        ).resolves.toEqual({ count: 0, left: 0 });
      },
      invariant(cut) {
        const numbers = placesOf(cut).map(Math.abs);
        expect(new Set(numbers).size).toBe(numbers.length);
      },
      outcome(cut) {
        expect(cut.state(failingFunction, 'Kim').done.toSorted((one, other) => one - other)).toEqual([1, 2, 3, 5]);
      },
    },
    { seeds: 40 },
  );
  expect(report.deaths).toBeGreaterThan(10);
  // An order that a process has carried out and not lived to tell of counts nothing when it is given again.
  expect(counts.all).toBeGreaterThan(counts.orders / 2);
});

test('parked addresses go on, with the message that failed or without it', async () => {
  const report = await explore(
    {
      module,
      failures: 'allow',
      async run(t) {
        for (const id of ['Lou?', 'Lous']) {
          for (const number of [-1, 2]) await t.send(parking, id, number);
          // It waits, too.
          await t.send(parking, id, 'heal');
        }
        await t.settle();
        const parked = (await t.parked()).map(({ address, message, waiting }) => [address.id, message, waiting]);
        expect(new Map(parked.map(([id, ...rest]) => [id, rest]))).toEqual(
          new Map([
            ['Lou?', [-1, 3]],
            ['Lous', [-1, 3]],
          ]),
        );
        // Without its first message it is parked for the next one, which is not meant.
        expect([0, 1]).toContain(await t.unpark({ type: parking.type, id: 'Lou?' }, { first: 'drop' }));
        await t.settle();
        const again = (await t.parked()).map(({ address, message, waiting }) => [address.id, message, waiting]);
        expect(again.toSorted(([, one], [, other]) => Number(one) - Number(other))).toEqual([
          ['Lous', -1, 3],
          ['Lou?', 2, 2],
        ]);
        await t.unpark({ type: parking.type, id: 'Lou?' }, { first: 'drop' });
        const cut = await t.settle();
        expect(cut.state(parkingFunction, 'Lou?')).toEqual({ isHealed: true, done: [] });
        const left = await t.parked({ id: 'Lou*' });
        expect(left.map(({ address, message, waiting }) => [address.id, message, waiting])).toEqual([['Lous', -1, 3]]);
      },
    },
    { seeds: 40 },
  );
  expect(report.deaths).toBeGreaterThan(10);
});

test('an order that is given again means nothing that has failed since', () => {
  const ids = ['one', 'other'];
  expect(meantBefore(ids, 5)).toBe(ids);
  const filter = { type: 'test/*' };
  expect(meantBefore(filter, undefined)).toBe(filter);
  expect(meantBefore(filter, 5)).toEqual({ type: 'test/*', to: 5 });
  expect(meantBefore({ to: new Date(4) }, 5)).toEqual({ to: 4 });
  expect(meantBefore({ type: 'test/*', id: 'Lou?', to: 9 }, 5)).toEqual({ type: 'test/*', id: 'Lou?', to: 5 });
  // One address stays one, although only a filter can say until when.
  expect(meantBefore({ type: 'test/parking', id: 'Lou?' }, 5)).toEqual({
    type: 'test/parking',
    id: String.raw`Lou\?`,
    to: 5,
  });
});
