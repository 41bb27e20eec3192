/**
 * Who is told of dead letters and parked addresses, and who is not: an alarm that cannot be sent must not raise the next
 * one, or it would go round in a circle for ever.
 */
import { describe, expect, test } from 'vitest';
import {
  type AsyncResult,
  type Context,
  defineFunction,
  defineModule,
  functionType,
  isAsyncResult,
  type QuarantineEvent,
} from '../../../src/index.ts';
import { testEngine } from '../../../src/testing/index.ts';

/** More than ever should come; a circle ends there. */
const EVENTS_MAX = 20;
const mailer = functionType<string>('alarm/mailer');
const guardType = functionType<QuarantineEvent | AsyncResult<string>>('alarm/guard');

const mailerFunction = defineFunction({
  type: mailer,
  invoke() {
    throw new Error('nobody takes mails');
  },
});

const passOn = defineFunction({
  type: 'alarm/pass-on',
  invoke: (ctx, text: string) => ctx.send(mailer, ctx.self.id, text),
});

const till = defineFunction({
  type: 'shop/till',
  invoke() {
    throw new Error('the till is broken');
  },
});

/** An engine with a guard that does this when it is told of something. */
async function guarded(react: (ctx: Context) => void) {
  const told: string[] = [];
  const guard = defineFunction({
    type: guardType,
    invoke(ctx, event) {
      if (isAsyncResult(event)) throw new Error('not what was expected');
      told.push(event.address.type);
      if (told.length < EVENTS_MAX) react(ctx);
    },
  });
  const functions = [till, mailerFunction, passOn, guard];
  const t = await testEngine(defineModule({ functions, onQuarantine: guard }), { failures: 'collect' });
  const letters = (): string[] =>
    t
      .deadLetters()
      .map(({ target }) => target.type)
      .toSorted();
  return { t, told, letters };
}

describe('what comes of an event at once is no event where it fails', () => {
  test.each<readonly [how: string, react: (ctx: Context) => void, failed: string]>([
    ['a message', (ctx) => ctx.send(mailer, 'ops', 'broken'), 'alarm/mailer'],
    ['a message of a message', (ctx) => ctx.send('alarm/pass-on', 'ops', 'broken'), 'alarm/mailer'],
    ['a message to nobody', (ctx) => ctx.send('alarm/pager', 'ops', 'broken'), 'alarm/pager'],
    ['the result of an operation', (ctx) => ctx.async('mail', Promise.resolve('sent')), 'alarm/guard'],
  ])('%s', async (_how, react, failed) => {
    const { t, told, letters } = await guarded(react);
    await t.send(till, 'Kim', 'open');
    expect(told).toEqual(['shop/till']);
    expect(letters()).toEqual([failed, 'shop/till']);
  });
});

test('what is sent later is like any other message', async () => {
  const { t, told } = await guarded((ctx) => ctx.sendAfter('1 min', mailer, 'ops', 'broken'));
  await t.send(till, 'Kim', 'open');
  expect(told).toEqual(['shop/till']);
  await t.advance('2 min');
  expect(told).toEqual(['shop/till', 'alarm/mailer', 'alarm/mailer']);
});

test('what is sent again and fails again is an event', async () => {
  const { t, told } = await guarded((ctx) => ctx.send(mailer, 'ops', 'broken'));
  await t.send(till, 'Kim', 'open');
  await t.redrive({ type: 'alarm/mailer' });
  expect(told).toEqual(['shop/till', 'alarm/mailer']);
});

test('who asks an address that is parked, with as many waiting as may, is told at once', async () => {
  const parking = defineFunction({
    type: 'shop/parking',
    failure: { otherwise: 'park', parkedCountMax: 1 },
    invoke() {
      throw new Error('full');
    },
  });
  const t = await testEngine(defineModule({ functions: [parking] }), { failures: 'collect' });
  await t.send(parking, 'Kim', 'first');
  await expect(t.ask(parking, 'Kim', 'second')).rejects.toMatchObject({
    code: 'ADDRESS_PARKED',
    details: { type: 'shop/parking', id: 'Kim' },
  });
  expect(t.deadLetters().map(({ message }) => message)).toEqual(['second']);
});
