/**
 * What becomes of timers when nobody was there while they were due: the clock is set forward, or back, under an engine.
 */
import { expect, test, vi } from 'vitest';
import { defineFunction, type LatePolicy, MillraceError } from '../../../src/index.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import { Timers } from '../../../src/shard/time/timers.ts';
import { Recurrences } from '../../../src/timers/recurrences.ts';
import { hintKey } from '../../../src/timers/timer-layout.ts';
import { results, Stage } from './stage.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 1);

interface Order {
  readonly cron?: string;
  readonly delay?: number;
  readonly late?: LatePolicy;
  readonly tolerance?: string;
  readonly token?: string;
}

const bell = defineFunction<number | string>({
  type: 'test/bell',
  invoke(ctx, message) {
    const { missed } = ctx;
    const record = [message, ctx.now() - START_MS];
    // In hours since the start.
    const told = missed && [missed.since, missed.before].map((time) => (time - START_MS) / HOUR_MS);
    ctx.egress(results, told === undefined ? record : [...record, told]);
  },
});
const setter = defineFunction({
  type: 'test/setter',
  invoke(ctx, { cron, delay = 0, ...options }: Order) {
    if (cron === undefined) ctx.sendAfter(delay, bell, 'bell', delay, options);
    else ctx.schedule({ cron }, bell, 'bell', cron, options);
  },
});

function open(options: ConstructorParameters<typeof Stage>[1] = {}): { on: Stage; clock: SimulatedClock } {
  const clock = new SimulatedClock(START_MS);
  return { on: new Stage([bell, setter], { clock, ...options }), clock };
}

test.each<readonly [Order, number, readonly number[] | undefined]>([
  [{}, 5, undefined],
  [{ late: 'latest' }, 1, [1, 5]],
  [{ late: 'all' }, 5, undefined],
  [{ late: 'skip', tolerance: '2h 30m' }, 3, [1, 3]],
  [{ late: 'skip', tolerance: 0 as never }, 1, [1, 5]],
])(
  'of five hours that were missed, %j sends as many as it says, and tells of the others',
  async (order, count, told) => {
    const { on, clock } = open();
    const late = order.late ?? 'all';
    on.send('test/setter', 'Kim', { cron: '0 * * * *', ...order, late });
    await on.play();
    clock.advance(5 * HOUR_MS);
    await on.play();
    const records = on.records() as [string, number, readonly number[] | undefined][];
    expect(records.length).toBe(count);
    expect(records.map(([, , missed]) => missed)).toEqual([told, ...new Array<undefined>(count - 1).fill(undefined)]);
    // And then it goes on as if nothing had been.
    clock.advance(HOUR_MS);
    await on.play();
    expect(on.records()).toEqual([['0 * * * *', 6 * HOUR_MS]]);
  },
);

test('a schedule that says nothing sends only the newest that was missed', async () => {
  const { on, clock } = open();
  on.send('test/setter', 'Kim', { cron: '0 * * * *' });
  await on.play();
  clock.advance(1_000 * HOUR_MS + 5);
  await on.play();
  expect(on.records()).toEqual([['0 * * * *', 1_000 * HOUR_MS + 5, [1, 1_000]]]);
});

test('what was skipped altogether is told of with the next message, also when that was long ago', async () => {
  const { on, clock } = open();
  on.send('test/setter', 'Kim', { cron: '0 * * * *', late: 'skip', tolerance: '1s' });
  await on.play();
  for (let outage = 0; outage < 3; outage++) {
    clock.advance(2.25 * HOUR_MS);
    await on.play();
    expect(on.records()).toEqual([]);
  }
  clock.advance(HOUR_MS / 4);
  await on.play();
  expect(on.records()).toEqual([['0 * * * *', 7 * HOUR_MS, [1, 7]]]);
});

test('one message is sent however late it is, unless it says otherwise', async () => {
  const { on, clock } = open();
  const orders: readonly Order[] = [
    { delay: 1 },
    { delay: 2, late: 'latest' },
    { delay: 3, late: 'skip' },
    { delay: 4, late: 'skip', tolerance: '2h' },
  ];
  for (const order of orders) on.send('test/setter', 'Kim', order);
  await on.play();
  clock.advance(HOUR_MS);
  await on.play();
  expect((on.records() as [number, number][]).map(([delay]) => delay)).toEqual([1, 2, 4]);
});

test('a clock that is set back delays, and doubles nothing', async () => {
  const { on, clock } = open();
  on.send('test/setter', 'Kim', { delay: 1_000 });
  on.send('test/setter', 'Kim', { cron: '* * * * *', late: 'all' });
  await on.play();
  clock.jump(-HOUR_MS);
  clock.advance(1_000);
  await on.play();
  expect(on.records()).toEqual([]);
  clock.advance(HOUR_MS);
  await on.play();
  expect(on.records()).toEqual([[1_000, 1_000]]);
  clock.advance(59_000);
  await on.play();
  clock.jump(-30_000);
  await on.play();
  clock.advance(30_000);
  await on.play();
  expect(on.records()).toEqual([['* * * * *', 60_000]]);
});

test('a later run, whose epochs are counted from 1 again, sets its timers behind those of an earlier one', () => {
  const stamps = [0, 3].map((baseEpoch) => {
    const rows = new Rows(new DirtyEntities());
    rows.dirty.epoch = 1;
    const place = { clock: new SimulatedClock(START_MS), directory: null as never, effects: null as never };
    const hooks = { room: () => 1, progressed: () => {} };
    const timers = new Timers({ ...place, ...hooks, rows, keyGroups: { first: 0, end: 1 }, stored: { baseEpoch } });
    timers.insert(0, START_MS, ['test/setter', 'Kim', null, 'test/bell', 'bell', 1, 0]);
    return [...rows.inMemory()].map(({ key }) => key).find((key) => key.startsWith(hintKey(0)) && key !== hintKey(0));
  });
  expect(String(stamps[0]) < String(stamps[1])).toBe(true);
});

test('what is overdue comes at a bounded rate, and only as there is room', async () => {
  const { on, clock } = open({ shardCount: 1, batchCount: 8, creditCount: 20 });
  for (let index = 0; index < 500; index++) on.send('test/setter', `Kim ${index}`, { delay: 10 });
  await on.play();
  clock.advance(20);
  let most = 0;
  for (let turn = 0; turn < 70; turn++) {
    on.engine.turn(0);
    most = Math.max(most, on.engine.shards[0]?.backlogCount ?? 0);
    on.engine.turn(1);
  }
  expect(on.records().length).toBe(500);
  expect(most).toBeLessThanOrEqual(20);
});

test('a schedule that cannot be read any more stays, and is tried again each day', async () => {
  const { on, clock } = open();
  on.send('test/setter', 'Kim', { cron: '0 * * * *', token: 'hourly' });
  on.send('test/setter', 'Lee', { delay: 90 * 60_000 });
  await on.play();
  const refused = vi.spyOn(Recurrences.prototype, 'of').mockImplementation(() => {
    throw new MillraceError('INVALID_TIMER', 'The time zone is not known');
  });
  for (const hours of [1, 1, 22, 1]) {
    clock.advance(hours * HOUR_MS);
    await on.play();
  }
  expect(on.records()).toEqual([[90 * 60_000, 2 * HOUR_MS]]);
  expect(on.errors.map(({ code, details }) => [code, details['id'], details['token'], details['cron']])).toEqual([
    ['INVALID_TIMER', 'Kim', 'hourly', '0 * * * *'],
    ['INVALID_TIMER', 'Kim', 'hourly', '0 * * * *'],
  ]);
  refused.mockRestore();
  clock.advance(24 * HOUR_MS);
  await on.play();
  expect(on.records()).toEqual([['0 * * * *', 49 * HOUR_MS, [1, 49]]]);
  clock.advance(HOUR_MS);
  await on.play();
  expect(on.records()).toEqual([['0 * * * *', 50 * HOUR_MS]]);
});

test('a schedule that comes up while timers() reads the rows is listed with its next time', async () => {
  const clock = new SimulatedClock(START_MS);
  const watch = defineFunction<'set' | 'list'>({
    type: 'test/watch',
    async invoke(ctx, message) {
      if (message === 'set') return ctx.schedule({ cron: '0 * * * *' }, bell, 'bell', 'rung', { token: 'hourly' });
      const listed = ctx.timers();
      clock.advance(HOUR_MS);
      ctx.egress(
        results,
        (await listed).map(({ due }) => (due - START_MS) / HOUR_MS),
      );
    },
  });
  const on = new Stage([bell, watch], { clock });
  on.send('test/watch', 'Kim', 'set');
  await on.play();
  on.send('test/watch', 'Kim', 'list');
  // Several turns at once, so that no reading goes on between them.
  for (let turn = 0; turn < 8; turn++) on.engine.turn(turn % on.engine.threadCount);
  await on.play();
  expect(on.records()).toEqual(expect.arrayContaining([['rung', HOUR_MS], [2]]));
});
