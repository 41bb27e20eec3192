/**
 * The endpoint role of StateFun's protocol: cases 46 to 54 and 58, on bytes, without HTTP.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { defineFunction, defineModule, list, type MillraceError, table, value } from '../../../src/index.ts';
import { createStatefunHandler } from '../../../src/endpoint/index.ts';
import type { BatchEffects } from '../../../src/statefun/protocol.ts';
import { decodeResponse } from '../../../src/statefun/protocol-codec.ts';
import { caseModule, KIM, LOU, message, read, serve, stored, UNSET } from './endpoint-functions.ts';

const NO_EFFECTS = { kind: 'effects', mutations: [], messages: [], delayed: [], egresses: [] };

test('#46 a request without states: all that are declared are asked for at once, and no user code runs', async () => {
  let count = 0;
  const state = {
    seen: value({ initial: 0 }),
    last: value({ expire: { after: 5_000 } }),
    often: value({ expire: { after: '1 s', since: 'access' } }),
  };
  const { ask } = serve(caseModule(() => void count++, state));
  expect(await ask(KIM, [], message('hello'))).toEqual({
    kind: 'missing',
    states: [
      { name: 'seen', typename: 'millrace/value', mode: 'none', afterMs: 0 },
      { name: 'last', typename: 'millrace/value', mode: 'after-write', afterMs: 5_000 },
      { name: 'often', typename: 'millrace/value', mode: 'after-invoke', afterMs: 1_000 },
    ],
  });
  const some = await ask(KIM, [{ name: 'last', value: undefined }], message('hello'));
  expect(some).toMatchObject({ kind: 'missing', states: [{ name: 'seen' }, { name: 'often' }] });
  expect(count).toBe(0);
});

test('#47 states that the function does not declare are ignored', async () => {
  const { ask } = serve(caseModule((ctx) => void (ctx.state['seen'] = Object.keys(ctx.state))));
  const response = (await ask(KIM, [...UNSET, { name: 'old', value: stored(5) }], message(1))) as BatchEffects;
  expect(response.mutations.map(({ name, value: bytes }) => [name, bytes && read(bytes)])).toEqual([
    ['seen', ['seen', 'last']],
  ]);
});

test('#48 the second message of three throws: 500, and nothing of the first', async () => {
  const served = serve(
    caseModule((ctx, text: string) => {
      ctx.state['seen'] = text;
      ctx.send('case/fn', 'Lou', text);
      ctx.egress('case/out', text);
      if (text === 'two') throw new Error('not today');
    }),
  );
  expect(await served.ask(KIM, UNSET, message('one'), message('two'), message('three'))).toBe(500);
  const { status, body } = await served.handler.handleBytes(new Uint8Array(3));
  expect([status, body.length]).toEqual([500, 0]);
  expect(served.events[0]).toMatchObject({ level: 'error', target: KIM, error: { message: 'not today' } });
  expect(served.events[0].text).toBe('case/fn "Kim": a batch of 3 has failed: not today');
});

test('#49 a batch of three over one view of the state: one mutation with what comes of all', async () => {
  const { ask } = serve(
    caseModule((ctx) => void (ctx.state['seen'] = ((ctx.state['seen'] as number | undefined) ?? 0) + 1)),
  );
  const states = [{ name: 'seen', value: stored(39) }, UNSET[1]];
  const response = (await ask(KIM, states, message(1), message(2), message(3))) as BatchEffects;
  expect(response).toEqual({ ...NO_EFFECTS, mutations: [{ name: 'seen', value: stored(42) }] });
});

describe('#50', () => {
  const steps: Record<string, (state: Record<string, unknown>) => void> = {
    'set, then delete': (state) => {
      state['seen'] = 1;
      state['seen'] = undefined;
    },
    'delete, then set': (state) => {
      state['seen'] = undefined;
      state['seen'] = 1;
    },
    'set to what it is': (state) => void (state['seen'] = 7),
    'not touched': () => {},
    'read only': (state) => void state['seen'],
  };
  test.each([
    ['set, then delete', [{ name: 'seen', value: undefined }]],
    ['delete, then set', [{ name: 'seen', value: stored(1) }]],
    ['set to what it is', [{ name: 'seen', value: stored(7) }]],
    ['not touched', []],
    ['read only', []],
  ])('%s', async (name, mutations) => {
    const { ask } = serve(caseModule((ctx, step: string) => steps[step](ctx.state)));
    const states = [{ name: 'seen', value: stored(7) }, UNSET[1]];
    expect(await ask(KIM, states, message(name))).toEqual({ ...NO_EFFECTS, mutations });
  });
});

test('#51 a state of another type: 500 when it is read or written, and it can be cleared', async () => {
  const served = serve(
    caseModule((ctx, step: string) => {
      if (step === 'read') void ctx.state['seen'];
      else if (step === 'write') ctx.state['seen'] = 1;
      else ctx.clear('seen');
    }),
  );
  const foreign = { typename: 'io.statefun.types/int', value: Uint8Array.of(0x0d, 1, 0, 0, 0) };
  const states = [{ name: 'seen', value: foreign }, UNSET[1]];
  expect(await served.ask(KIM, states, message('read'))).toBe(500);
  expect(await served.ask(KIM, states, message('write'))).toBe(500);
  expect(served.events.map(({ error }) => (error as MillraceError).code)).toEqual(['STATE_INVALID', 'STATE_INVALID']);
  expect(served.events[0].text).toContain('it is of type "io.statefun.types/int", and declared as millrace/value');
  const cleared = { ...NO_EFFECTS, mutations: [{ name: 'seen', value: undefined }] };
  expect(await served.ask(KIM, states, message('clear'))).toEqual(cleared);
});

test('#52 a state without a value, or one that says that it has none: both read as absent', async () => {
  const state = { seen: value(), last: value({ initial: 'none yet' }) };
  const { handler } = serve(caseModule((ctx) => ctx.egress('case/out', [ctx.state['seen'], ctx.state['last']]), state));
  // Target case/fn "Kim"; seen without state_value, last with a typed value of has_value = false; a message without one.
  const hex = [
    'a20635',
    '0a0f0a04636173651202666e1a034b696d',
    '12060a047365656e',
    '12180a046c61737412100a0e6d696c6c726163652f76616c7565',
    '1a00',
  ];
  const bytes = Buffer.from(hex.join(''), 'hex');
  const { status, body } = await handler.handleBytes(bytes);
  expect(status).toBe(200);
  const [{ argument }] = (decodeResponse(body) as BatchEffects).egresses;
  expect(read(argument)).toEqual([undefined, 'none yet']);
});

test('#53 the caller is that of each message', async () => {
  const { ask } = serve(
    caseModule((ctx) => {
      ctx.egress('case/out', ctx.caller);
      if (ctx.caller !== undefined) ctx.reply('you called');
    }),
  );
  const other = { type: 'other/one', id: 'x' };
  const response = (await ask(KIM, UNSET, message(1), message(2, LOU), message(3, other))) as BatchEffects;
  expect(response.egresses.map(({ argument }) => read(argument))).toEqual([undefined, LOU, other]);
  expect(response.messages.map(({ target, argument }) => [target, read(argument)])).toEqual([
    [LOU, 'you called'],
    [other, 'you called'],
  ]);
});

test('#54 async code: in order within a batch, side by side between requests of different and of the same address', async () => {
  const log: string[] = [];
  let most = 0;
  let running = 0;
  const { ask } = serve(
    caseModule(async (ctx, text: string) => {
      most = Math.max(most, ++running);
      log.push(`${ctx.self.id} ${text}`);
      await sleep(5);
      ctx.state['seen'] = ((ctx.state['seen'] as string | undefined) ?? '') + text;
      log.push(`${ctx.self.id} ${text} done`);
      running--;
    }),
  );
  const one = ask(KIM, UNSET, message('a'), message('b'), message('c'));
  const again = ask(KIM, UNSET, message('d'), message('e'));
  const other = ask(LOU, UNSET, message('f'));
  const expected = (text: string): object => ({ ...NO_EFFECTS, mutations: [{ name: 'seen', value: stored(text) }] });
  expect(await Promise.all([one, again, other])).toEqual([expected('abc'), expected('de'), expected('f')]);
  expect(most).toBe(3);
  const ofOne = log.filter((line) => /Kim [abc]/.test(line)).map((line) => line.slice(4));
  expect(ofOne).toEqual(['a', 'a done', 'b', 'b done', 'c', 'c done']);
});

describe('#58 what StateFun cannot carry', () => {
  const refusalOf = (make: () => unknown): MillraceError => {
    try {
      make();
    } catch (error) {
      return error as MillraceError;
    }
    return expect.unreachable('it was not refused');
  };

  test('is refused when it is bound, all of it with reasons', () => {
    const invoke = (): void => {};
    const module = defineModule({
      functions: [
        defineFunction({ type: 'case/rows', state: { rows: table(), log: list() }, invoke }),
        defineFunction({ type: 'case/names', state: { batch: value(), 'request-state': value() }, invoke }),
        defineFunction({ type: 'case/fine', state: { rows: value() }, invoke }),
      ],
    });
    const { code, message: text } = refusalOf(() => createStatefunHandler({ module }));
    expect(code).toBe('NOT_ON_STATEFUN');
    for (const part of ['"rows" of case/rows is a table', '"log" of case/rows is a list', '"batch" of case/names']) {
      expect(text).toContain(part);
    }
    expect(text).toContain('"request-state" of case/names has a name that StateFun keeps for itself');
    expect(text).not.toContain('case/fine');
  });

  test('is warned about where only a promise is weaker', () => {
    const served = serve(
      defineModule({
        functions: [
          defineFunction({ type: 'case/stubborn', failure: { attempts: 5 }, concurrency: 3, invoke: () => {} }),
          defineFunction({ type: 'case/told', invoke: () => {} }),
        ],
        onQuarantine: { kind: 'function', type: 'case/told' },
      }),
    );
    expect(served.events.map(({ level, text }) => [level, text.split(':')[0]])).toEqual([
      ['warning', 'case/stubborn'],
      ['warning', 'case/stubborn'],
      ['warning', 'onQuarantine'],
    ]);
  });

  const calls: Record<string, Parameters<typeof caseModule>[0]> = {
    timers: async (ctx) => void (await ctx.timers()),
    schedule: (ctx) => ctx.schedule({ cron: '@hourly' }, 'case/fn', 'Lou', 1),
    delete: (ctx) => ctx.delete(),
    ifExists: (ctx) => ctx.send('case/fn', 'Lou', 1, { ifExists: true }),
    'late: skip': (ctx) => ctx.sendAfter(5, 'case/fn', 'Lou', 1, { late: 'skip' }),
    'delayed ifExists': (ctx) => ctx.sendAfter(5, 'case/fn', 'Lou', 1, { ifExists: true }),
  };
  test.each(Object.keys(calls))('is refused at the call: %s', async (name) => {
    const served = serve(caseModule(calls[name]));
    expect(await served.ask(KIM, UNSET, message(1))).toBe(500);
    expect(served.events[0].error).toMatchObject({ code: 'NOT_ON_STATEFUN' });
  });
});
