/**
 * Delayed messages of the whole engine on one thread: when they come, in which order, what cancels them, and that nothing
 * of a failed invocation stays.
 */
import { expect, onTestFinished, test } from 'vitest';
import { type Context, defineFunction, defineModule, type PendingTimer } from '../../../src/index.ts';
import { testEngine, type TestEngine, type TestEngineOptions } from '../../../src/testing/index.ts';

type Work = (ctx: Context) => unknown;

/** What came to `test/log`, in order: by whom, what, and when. */
let log: { readonly from: string; readonly message: unknown; readonly at: number }[] = [];

const logger = defineFunction({
  type: 'test/log',
  invoke: (ctx, message) => void log.push({ from: ctx.caller?.id ?? '', message, at: ctx.now() }),
});

/** The work itself cannot be sent, but its name can. */
const works = new Map<string, Work>();
const doer = (type: string, isAsync: boolean) =>
  defineFunction<string, unknown>({
    type,
    invoke: isAsync
      ? async (ctx, name) => ctx.reply(await works.get(name)?.(ctx))
      : (ctx, name) => ctx.reply(works.get(name)?.(ctx)),
  });
const plain = doer('test/plain', false);
const other = doer('test/other', false);
const slow = doer('test/slow', true);
const slower = doer('test/slower', true);

async function open(options: TestEngineOptions = {}): Promise<TestEngine> {
  log = [];
  works.clear();
  const engine = await testEngine(defineModule({ functions: [logger, plain, other, slow, slower] }), {
    shardCount: 1,
    failures: 'collect',
    ...options,
  });
  onTestFinished(() => engine.stop());
  return engine;
}

async function run(engine: TestEngine, work: Work, id = 'Kim', target = plain): Promise<unknown> {
  const name = String(works.size);
  works.set(name, work);
  const answer = await engine.ask(target, id, name, { timeoutMs: 100_000 });
  await engine.settle();
  return answer;
}

const codeOf = (error: unknown): unknown => (error as { cause?: { code?: unknown } }).cause?.code;

test('a message comes when its time has come, not earlier, and once', async () => {
  const engine = await open();
  const begun = engine.now();
  await run(engine, (ctx) => ctx.sendAfter(1_000, logger, 'log', 'bell'));
  await engine.advance(999);
  expect(log).toEqual([]);
  await engine.advance(1);
  expect(log).toEqual([{ from: 'Kim', message: 'bell', at: begun + 1_000 }]);
  await engine.advance('10 days');
  expect(log.length).toBe(1);
});

test.each([1, '1 ms', 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, '25 days', '50 days', '3650 days'])(
  'after %s',
  async (delay) => {
    const engine = await open();
    const [due] = (await run(engine, (ctx) => ctx.sendAfter(delay, logger, 'log', 1) ?? ctx.timers(), 'Kim', slow)) as [
      PendingTimer,
    ];
    await engine.advance(due.due - engine.now() - 1);
    expect(log).toEqual([]);
    await engine.advance(1);
    expect(log.map(({ at }) => at)).toEqual([due.due]);
  },
);

test('a delay of 0 takes the way of timers and comes by itself', async () => {
  const engine = await open();
  await run(engine, (ctx) => {
    ctx.sendAfter(0, logger, 'log', 'second');
    ctx.send(logger, 'log', 'first');
  });
  expect(log.map(({ message }) => message)).toEqual(['first', 'second']);
});

test('those of one time come in the order in which they were sent', async () => {
  const engine = await open();
  for (let round = 0; round < 3; round++) {
    await run(engine, (ctx) => {
      for (let index = 0; index < 40; index++) ctx.sendAfter(50 - round * 10, logger, 'log', round * 40 + index);
    });
    await engine.advance(10);
  }
  await engine.advance(100);
  expect(log.map(({ message }) => message)).toEqual(Array.from({ length: 120 }, (_, index) => index));
});

test('the message is what it was when it was sent', async () => {
  const engine = await open();
  await run(engine, (ctx) => {
    const message = { list: [1, new Map([['a', undefined]])], none: undefined };
    ctx.sendAfter(5, logger, 'log', message);
    message.list.length = 0;
  });
  await engine.advance(5);
  expect(log[0]?.message).toEqual({ list: [1, new Map([['a', undefined]])], none: undefined });
});

test('of an invocation that fails nothing stays, whether in place or on the side', async () => {
  const engine = await open();
  await run(engine, (ctx) => ctx.sendAfter('1h', logger, 'log', 'kept', { token: 'old' }));
  for (const target of [plain, slow]) {
    const failed = run(
      engine,
      (ctx) => {
        ctx.sendAfter(1, logger, 'log', 'never', { token: 'new' });
        expect(ctx.cancel('old')).toBe(true);
        throw new Error('as told');
      },
      'Kim',
      target,
    );
    await expect(failed).rejects.toThrow('as told');
    // The token is free again.
    await run(engine, (ctx) => ctx.sendAfter(1, logger, 'log', 'mine', { token: 'new' }));
    await engine.advance(10);
  }
  await engine.advance('1h');
  expect(log.map(({ message }) => message)).toEqual(['mine', 'mine', 'kept']);
});

test('cancel: what is pending under a token, of any function of this id, and of no other id', async () => {
  const engine = await open();
  await run(engine, (ctx) => ctx.sendAfter(10, logger, 'log', 1, { token: 'bell' }));
  expect(await run(engine, (ctx) => ctx.cancel('bell'), 'Jo')).toBe(false);
  expect(await run(engine, (ctx) => ctx.cancel('bel'))).toBe(false);
  expect(await run(engine, (ctx) => ctx.cancel('bell'), 'Kim', other)).toBe(true);
  expect(await run(engine, (ctx) => ctx.cancel('bell'))).toBe(false);
  await run(engine, (ctx) => ctx.sendAfter(10, logger, 'log', 2, { token: 'bell' }));
  await engine.advance(10);
  expect(await run(engine, (ctx) => ctx.cancel('bell'))).toBe(false);
  await engine.advance(1_000);
  expect(log.map(({ message }) => message)).toEqual([2]);
});

test('send then cancel cancels, cancel then send schedules, within one invocation', async () => {
  const engine = await open();
  const answers = await run(engine, (ctx) => {
    ctx.sendAfter(1, logger, 'log', 'a', { token: 'x' });
    const first = ctx.cancel('x');
    const second = ctx.cancel('y');
    ctx.sendAfter(1, logger, 'log', 'b', { token: 'y' });
    return [first, second, ctx.cancel('x')];
  });
  await engine.advance(1);
  expect([answers, log.map(({ message }) => message)]).toEqual([[true, false, false], ['b']]);
});

test('a token that is pending is refused, to all functions of its id, and that invocation fails', async () => {
  const engine = await open();
  const send: Work = (ctx) => ctx.sendAfter(10, logger, 'log', ctx.self, { token: 'bell' });
  await run(engine, send);
  for (const target of [plain, other, slow]) {
    await expect(run(engine, send, 'Kim', target)).rejects.toSatisfy((error) => codeOf(error) === 'DUPLICATE_TOKEN');
  }
  const twice: Work = (ctx) => [1, 2].map(() => ctx.sendAfter(10, logger, 'log', 0, { token: 'two' }));
  await expect(run(engine, twice)).rejects.toSatisfy((error) => codeOf(error) === 'DUPLICATE_TOKEN');
  await run(engine, send, 'Jo');
  await engine.advance(10);
  await run(engine, send);
  await engine.advance(10);
  expect(log.map(({ from }) => from)).toEqual(['Kim', 'Jo', 'Kim']);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 'soon', '-1 s', 2 ** 50, null, 5n])(
  'a delay of %s is refused',
  async (delay) => {
    const engine = await open();
    const sent = run(engine, (ctx) => ctx.sendAfter(delay as number, logger, 'log', 1));
    await expect(sent).rejects.toSatisfy((error) => codeOf(error) === 'INVALID_DELAY');
  },
);

test.each([
  { token: '' },
  { token: 'x'.repeat(257) },
  { token: '\ud800' },
  { token: 5 as never },
  { late: 'never' as never },
  { late: 'toString' as never },
  { tolerance: -1 },
])('%j is refused', async (options) => {
  const engine = await open();
  const sent = run(engine, (ctx) => ctx.sendAfter(1, logger, 'log', 1, options));
  await expect(sent).rejects.toSatisfy((error) => codeOf(error) === 'INVALID_TIMER');
});

test('targets, ids and messages are checked where they are sent', async () => {
  const engine = await open();
  const wrong: readonly (readonly [Work, string])[] = [
    [(ctx) => ctx.sendAfter(1, 'nobody', 'x', 1), 'UNKNOWN_FUNCTION'],
    [(ctx) => ctx.sendAfter(1, logger, '', 1), 'INVALID_ID'],
    [(ctx) => ctx.sendAfter(1, logger, 'x', () => {}), 'MESSAGE_NOT_ENCODABLE'],
    [(ctx) => ctx.schedule({ cron: '61 * * * *' }, logger, 'x', 1), 'INVALID_TIMER'],
    [(ctx) => ctx.schedule({ cron: '0 0 30 2 *' }, logger, 'x', 1), 'INVALID_TIMER'],
    [(ctx) => ctx.schedule({ cron: '* * * * *', timeZone: 'Mars' }, logger, 'x', 1), 'INVALID_TIMER'],
  ];
  for (const [work, code] of wrong) {
    await expect(run(engine, work)).rejects.toSatisfy((error) => codeOf(error) === code);
  }
});

test('a type that nobody has is found when it is due: a dead letter', async () => {
  const engine = await open();
  await run(engine, (ctx) => ctx.sendAfter(10, 'other/module', 'x', 1));
  expect(engine.errors).toEqual([]);
  await engine.advance(10);
  expect(engine.errors.map(({ code }) => code)).toEqual(['UNKNOWN_TARGET']);
});

test('timers() lists what this address has pending, as this invocation sees it', async () => {
  const engine = await open();
  const begun = engine.now();
  await run(engine, (ctx) => ctx.sendAfter(1, logger, 'log', 0), 'Jo', slow);
  await run(engine, (ctx) => ctx.sendAfter(7, logger, 'log', 0), 'Kim', other);
  await run(
    engine,
    (ctx) => {
      ctx.sendAfter(30, logger, 'late', 1, { token: 'c' });
      ctx.sendAfter(20, logger, 'log', 2);
      ctx.schedule({ cron: '0 0 * * *' }, logger, 'log', 3, { token: 'daily' });
    },
    'Kim',
    slow,
  );
  const list = (await run(
    engine,
    async (ctx) => {
      ctx.cancel('c');
      ctx.sendAfter(10, logger, 'log', 4, { token: 'd' });
      return await ctx.timers();
    },
    'Kim',
    slow,
  )) as PendingTimer[];
  const target = { type: 'test/log', id: 'log' };
  expect(list).toEqual([
    { token: 'd', due: begun + 10, target, schedule: undefined },
    { token: undefined, due: begun + 20, target, schedule: undefined },
    { token: 'daily', due: Date.UTC(2026, 0, 2), target, schedule: { cron: '0 0 * * *', timeZone: 'UTC' } },
  ]);
  await engine.advance(100);
  const later = (await run(engine, (ctx) => ctx.timers(), 'Kim', slow)) as PendingTimer[];
  expect(later.map(({ token }) => token)).toEqual(['daily']);
});

test('timers() that nobody awaits hurts nobody', async () => {
  const engine = await open();
  await run(engine, (ctx) => void ctx.timers());
  await run(engine, (ctx) => ctx.sendAfter(1, logger, 'log', 1));
  await engine.advance(1);
  expect(log.length).toBe(1);
});

test('what an async invocation has cancelled waits for its end: gone if it returns, sent if it fails', async () => {
  const engine = await open();
  await run(engine, (ctx) => {
    ctx.sendAfter(10, logger, 'log', 'one', { token: 'one' });
    ctx.sendAfter(10, logger, 'log', 'two', { token: 'two' });
  });
  const cancelled: unknown[] = [];
  const cancelling = (token: string, fails: boolean) => async (ctx: Context) => {
    cancelled.push(ctx.cancel(token));
    await engine.world.sleep(50);
    if (fails) throw new Error('as told');
  };
  const ended = Promise.allSettled([
    run(engine, cancelling('one', false), 'Kim', slow),
    run(engine, cancelling('two', true), 'Kim', slower),
  ]);
  await engine.advance(40);
  expect([cancelled, log]).toEqual([[true, true], []]);
  await engine.advance(20);
  expect((await ended).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(log.map(({ message }) => message)).toEqual(['two']);
});

test('a token that an async invocation has given is taken while it waits', async () => {
  const engine = await open();
  const waits = run(
    engine,
    async (ctx) => {
      ctx.sendAfter(1, logger, 'log', 'slow', { token: 'bell' });
      await engine.world.sleep(50);
    },
    'Kim',
    slow,
  );
  await engine.advance(10);
  const sent = run(engine, (ctx) => ctx.sendAfter(1, logger, 'log', 'plain', { token: 'bell' }));
  await expect(sent).rejects.toSatisfy((error) => codeOf(error) === 'DUPLICATE_TOKEN');
  await engine.advance(100);
  await waits;
  expect(log.map(({ message }) => message)).toEqual(['slow']);
});

test('delete() takes the timers of its address along, and of no other', async () => {
  const engine = await open();
  const send: Work = (ctx) => {
    ctx.sendAfter(10, logger, 'log', ctx.self.type, { token: ctx.self.type });
    ctx.sendAfter(20, logger, 'log', ctx.self.type);
  };
  for (const target of [plain, other]) await run(engine, send, 'Kim', target);
  await run(engine, send, 'Jo');
  await run(engine, (ctx) => {
    ctx.sendAfter(5, logger, 'log', 'before', { token: 'bell' });
    ctx.delete();
    ctx.sendAfter(5, logger, 'log', 'after', { token: 'bell' });
    // The deleted one has given its token back.
    ctx.sendAfter(6, logger, 'log', 'again', { token: 'test/plain' });
    expect(ctx.cancel('test/other')).toBe(true);
  });
  await engine.advance(100);
  const came = log.map(({ from, message }) => `${from} ${String(message)}`);
  expect(came).toEqual(['Kim after', 'Kim again', 'Jo test/plain', 'Kim test/other', 'Jo test/plain']);
});

test('a delete() that fails takes nothing along', async () => {
  const engine = await open();
  await run(engine, (ctx) => ctx.sendAfter(10, logger, 'log', 1));
  const failed = run(engine, (ctx) => {
    ctx.delete();
    throw new Error('as told');
  });
  await expect(failed).rejects.toThrow('as told');
  await engine.advance(10);
  expect(log.length).toBe(1);
});

test('a schedule goes on until it is cancelled', async () => {
  const engine = await open();
  await run(engine, (ctx) => ctx.schedule({ cron: '0 * * * *' }, logger, 'log', { n: 1 }, { token: 'hourly' }));
  await engine.advance('3h 30m');
  expect(log.map(({ at }) => new Date(at).toISOString().slice(11, 16))).toEqual(['01:00', '02:00', '03:00']);
  expect(await run(engine, (ctx) => ctx.cancel('hourly'))).toBe(true);
  await engine.advance('1 day');
  expect(log.length).toBe(3);
});

test('a schedule in a time zone keeps its time of day over a change of clocks', async () => {
  const engine = await open({ startTime: Date.parse('2026-03-27T12:00:00Z') });
  await run(engine, (ctx) => ctx.schedule({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' }, logger, 'log', 1));
  await engine.advance('3 days');
  expect(log.map(({ at }) => new Date(at).toISOString().slice(0, 16))).toEqual([
    '2026-03-28T01:30',
    '2026-03-29T01:30',
    '2026-03-30T00:30',
  ]);
});
