/**
 * Options that come with the messages of a function: one that there is not fails the invocation, which sends nothing.
 */
import { describe, expect, test } from 'vitest';
import { type Context, defineFunction } from '../../../src/index.ts';
import { results, Stage } from './stage.ts';

const bell = defineFunction({ type: 'test/bell', invoke: (ctx, text: string) => ctx.egress(results, text) });

type Send = (ctx: Context, options: never) => void;

const SENDS: Readonly<Record<string, Send>> = {
  'ctx.send': (ctx, options) => ctx.send(bell, 'b', 'sent', options),
  'ctx.sendAfter': (ctx, options) => ctx.sendAfter(0, bell, 'b', 'sent', options),
  'ctx.schedule': (ctx, options) => ctx.schedule({ cron: '* * * * * *' }, bell, 'b', 'sent', options),
};
const ofTimers = 'ifExists, token, late, tolerance';

function sending(call: string, options: unknown): Stage {
  const teller = defineFunction({
    type: 'test/teller',
    invoke(ctx) {
      ctx.send(bell, 'b', 'before');
      SENDS[call](ctx, options as never);
    },
  });
  const on = new Stage([bell, teller]);
  on.send('test/teller', 'Kim');
  return on;
}

const wrong: [string, unknown, string, string | undefined][] = [
  ['ctx.send', { ifExist: true }, 'ctx.send has no option "ifExist"; its options are ifExists.', 'ifExist'],
  ['ctx.send', { ifExists: true, token: 'x' }, 'ctx.send has no option "token"; its options are ifExists.', 'token'],
  ['ctx.send', { trace: {} }, 'ctx.send has no option "trace"; its options are ifExists.', 'trace'],
  ['ctx.send', { ifExists: 'yes' }, 'ctx.send: the option ifExists is "yes"; allowed is true or false.', 'ifExists'],
  ['ctx.send', true, 'The options of ctx.send must be an object with the fields ifExists, not true.', undefined],
  ['ctx.send', null, 'The options of ctx.send must be an object with the fields ifExists, not null.', undefined],
  ['ctx.send', ['ifExists'], 'ctx.send has no option "0"; its options are ifExists.', '0'],
  ['ctx.sendAfter', { tokn: 'x' }, `ctx.sendAfter has no option "tokn"; its options are ${ofTimers}.`, 'tokn'],
  ['ctx.sendAfter', { ifExists: 1 }, 'ctx.sendAfter: the option ifExists is 1; allowed is true or false.', 'ifExists'],
  [
    'ctx.sendAfter',
    'x',
    `The options of ctx.sendAfter must be an object with the fields ${ofTimers}, not "x".`,
    undefined,
  ],
  ['ctx.schedule', { lat: 'all' }, `ctx.schedule has no option "lat"; its options are ${ofTimers}.`, 'lat'],
];

test.each(wrong)('%s with %j is refused', async (call, options, message, option) => {
  const on = sending(call, options);
  await on.play();
  expect([on.records(), on.errors.length]).toEqual([[], 1]);
  expect(on.errors[0].cause).toMatchObject({
    code: 'INVALID_OPTION',
    message: `${message} The engine was not started, or the call had no effect.`,
    details: option === undefined ? {} : { option },
  });
});

test.each([undefined, {}, { ifExists: false }, { ifExists: undefined, ifExist: undefined }])(
  'ctx.send with %j sends',
  async (options) => {
    const on = sending('ctx.send', options);
    await on.play();
    expect([on.records(), on.errors]).toEqual([['before', 'sent'], []]);
  },
);

test('what something has given to all objects is no option', async () => {
  const everybody = Object.prototype as { ofAll?: unknown };
  everybody.ofAll = () => {};
  try {
    const on = sending('ctx.send', { ifExists: false });
    await on.play();
    expect([on.records(), on.errors]).toEqual([['before', 'sent'], []]);
  } finally {
    delete everybody.ofAll;
  }
});

describe('a schedule', () => {
  test.each([
    [
      { cron: '* * * * *', timezone: 'Europe/Berlin' },
      'A schedule has no field "timezone"; its fields are cron, timeZone.',
    ],
    ['* * * * *', 'A schedule must be an object with the fields cron, timeZone, not "* * * * *".'],
    [null, 'A schedule must be an object with the fields cron, timeZone, not null.'],
  ])('that is %j is refused', async (schedule, message) => {
    const teller = defineFunction({
      type: 'test/teller',
      invoke: (ctx) => ctx.schedule(schedule as never, bell, 'b', 'sent'),
    });
    const on = new Stage([bell, teller]);
    on.send('test/teller', 'Kim');
    await on.play();
    expect(on.errors[0]?.cause).toMatchObject({ code: 'INVALID_TIMER' });
    expect(on.errors[0]?.cause).toHaveProperty('message', expect.stringContaining(message));
  });
});
