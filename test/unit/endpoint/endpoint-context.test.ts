import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  type AnyStateSpec,
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  functionType,
  type MillraceError,
  value,
} from '../../../src/index.ts';
import { createStatefunHandler } from '../../../src/endpoint/index.ts';
import type { BatchEffects } from '../../../src/statefun/protocol.ts';
import {
  caseModule,
  KIM,
  LOU,
  message,
  read,
  type Served,
  serve,
} from '../../conformance/statefun/endpoint-functions.ts';
import { typedValue } from '../../../src/statefun/type.ts';
import { StringType } from '../../../src/statefun/types.ts';
import { countSchema } from '../../small-schema.ts';

type Work = (ctx: Context<Record<string, AnyStateSpec>>) => unknown;

/** What the works do, each in a message of its own, in one batch. */
async function doing(...works: readonly Work[]): Promise<BatchEffects & { readonly returned: readonly unknown[] }> {
  const returned: unknown[] = [];
  const on = serve(caseModule(async (ctx, index) => void returned.push(await works[Number(index)](ctx)), {}));
  const response = await on.ask(KIM, [], ...works.map((_, index) => message(String(index), LOU)));
  if (typeof response === 'number') throw on.events[0].error;
  return { ...(response as BatchEffects), returned };
}

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe('delayed messages', () => {
  test('are commands in their order, with their tokens', async () => {
    const { delayed, returned } = await doing(
      (ctx) => ctx.sendAfter('2 s', 'case/fn', 'Lou', 'one', { token: 't' }),
      (ctx) => ctx.cancel('t'),
      (ctx) => ctx.cancel('t'),
      (ctx) => ctx.sendAfter(0, 'case/fn', 'Lou', 'two', { token: 't', late: 'latest' }),
      (ctx) => ctx.cancel('other'),
      (ctx) => ctx.sendAfter(1.5, functionType<string>('case/fn'), 'Lou', 'three'),
    );
    const said = delayed.map((command) =>
      command.kind === 'cancel' ? `cancel ${command.token}` : [command.delayMs, command.token, read(command.argument)],
    );
    expect(said).toEqual([[2_000, 't', 'one'], 'cancel t', [0, 't', 'two'], 'cancel other', [2, '', 'three']]);
    // Whether something is pending only the cluster knows; that this batch has cancelled it is known.
    expect(returned).toEqual([undefined, true, false, undefined, true, undefined]);
  });

  test('with a token that this batch has given already, a delay or a token that is none, are refused', async () => {
    const send: Work = (ctx) => ctx.sendAfter(5, 'case/fn', 'Lou', 1, { token: 't' });
    await expect(doing(send, send)).rejects.toThrow(code('DUPLICATE_TOKEN'));
    await expect(doing((ctx) => ctx.sendAfter(-1, 'case/fn', 'Lou', 1))).rejects.toThrow(code('INVALID_DELAY'));
    await expect(doing((ctx) => ctx.sendAfter('soon', 'case/fn', 'Lou', 1))).rejects.toThrow(code('INVALID_DELAY'));
    await expect(doing((ctx) => ctx.sendAfter(1e16, 'case/fn', 'Lou', 1))).rejects.toThrow(code('INVALID_DELAY'));
    await expect(doing((ctx) => ctx.cancel(''))).rejects.toThrow(code('INVALID_TIMER'));
  });
});

test.each<[string, Work]>([
  ['ctx.send has no option "token"', (ctx) => ctx.send('case/fn', 'x', 1, { token: 't' } as never)],
  ['ctx.sendAfter has no option "tokn"', (ctx) => ctx.sendAfter(5, 'case/fn', 'x', 1, { tokn: 't' } as never)],
])('an option that there is not: %s', async (message, send) => {
  await expect(doing(send)).rejects.toThrow(code('INVALID_OPTION'));
  await expect(doing(send)).rejects.toThrow(message);
});

describe('names', () => {
  test('of functions elsewhere in the cluster are sent to; what is no name is refused', async () => {
    const { messages } = await doing((ctx) => ctx.send('some/other', 'x', { a: 1 }));
    expect(messages.map(({ target }) => target)).toEqual([{ type: 'some/other', id: 'x' }]);
    for (const name of ['', 'word', 'a/b/c', 'a/*', 5 as never]) {
      await expect(doing((ctx) => ctx.send(name, 'x', 1))).rejects.toThrow(code('UNKNOWN_FUNCTION'));
    }
    await expect(doing((ctx) => ctx.send('a/b', '', 1))).rejects.toThrow(code('INVALID_ID'));
    await expect(doing((ctx) => ctx.egress('no/where', 1))).rejects.toThrow(code('UNKNOWN_EGRESS'));
  });

  test('who called is answered, also somebody who asks our engine', async () => {
    const { messages } = await doing((ctx) => ctx.reply('yes'));
    expect(messages).toMatchObject([{ target: LOU }]);
    const on = serve(caseModule((ctx) => ctx.reply('yes'), {}));
    const asker = { type: 'millrace/asker', id: '7' };
    expect(await on.ask(KIM, [], message('0', asker))).toMatchObject({ messages: [{ target: asker }] });
    expect(await on.ask(KIM, [], message('0'))).toBe(500);
    expect(on.events).toMatchObject([{ error: { code: 'REPLY_WITHOUT_CALLER' } }]);
  });

  test('a function of a namespace serves all types of it that have no function of their own', async () => {
    const said = (who: string) => (ctx: Context) => ctx.reply(`${who} ${ctx.self.type}`);
    const on = serve(
      defineModule({
        functions: [
          defineFunction({ type: 'case/*', invoke: said('whole') }),
          defineFunction({ type: 'case/fn', invoke: said('exact') }),
        ],
      }),
    );
    const answer = async (type: string): Promise<unknown> => {
      const response = await on.ask({ type, id: 'x' }, [], message(1, LOU));
      return typeof response === 'number' ? response : read((response as BatchEffects).messages[0].argument);
    };
    expect([await answer('case/fn'), await answer('case/any')]).toEqual(['exact case/fn', 'whole case/any']);
    expect(await answer('other/fn')).toBe(500);
  });
});

test('a message that its target in this module does not take is refused where it is sent, and where it arrives', async () => {
  const counted = defineFunction({
    type: 'case/count',
    messages: countSchema,
    invoke: (ctx, count) => ctx.reply(count),
  });
  const sender = defineFunction({
    type: 'case/fn',
    invoke: (ctx, given: unknown) => ctx.send('case/count', 'x', given),
  });
  const on = serve(defineModule({ functions: [counted, sender] }));
  expect(await on.ask(KIM, [], message('12'))).toMatchObject({ kind: 'effects', messages: [{}] });
  expect(await on.ask(KIM, [], message('twelve'))).toBe(500);
  const target = { type: 'case/count', id: 'x' };
  const taken = (await on.ask(target, [], message('12', LOU))) as BatchEffects;
  expect(read(taken.messages[0].argument)).toBe(12);
  expect(await on.ask(target, [], message('twelve', LOU))).toBe(500);
  expect(on.events).toMatchObject([{ error: { code: 'MESSAGE_INVALID' } }, { error: { code: 'MESSAGE_INVALID' } }]);
});

test('a record that its egress does not take is refused where it is handed over; what its schema makes of it leaves', async () => {
  const counts = defineEgress<number>({ type: 'case/counts', records: countSchema });
  const teller = defineFunction({ type: 'case/fn', invoke: (ctx, given: unknown) => ctx.egress('case/counts', given) });
  const on = serve(defineModule({ functions: [teller], egresses: [counts] }), {
    egresses: { 'case/counts': (count: number) => typedValue(StringType, `${typeof count} ${count}`) },
  });
  const taken = (await on.ask(KIM, [], message('12'))) as BatchEffects;
  expect(taken.egresses.map(({ egress, argument }) => [egress, read(argument)])).toEqual([
    ['case/counts', 'number 12'],
  ]);
  expect(await on.ask(KIM, [], message('12'), message('twelve'))).toBe(500);
  expect(on.events).toMatchObject([{ error: { code: 'MESSAGE_INVALID', details: { egress: 'case/counts' } } }]);
});

test.each([
  ['synchronous', false],
  ['async', true],
])(
  'a context that is kept beyond its %s invocation does nothing, also within the same batch',
  async (_name, isAsync) => {
    let kept: Context | undefined;
    const uses: readonly ((ctx: Context) => unknown)[] = [
      (ctx) => ctx.send('a/b', 'x', 1),
      (ctx) => ctx.self,
      (ctx) => ctx.caller,
      (ctx) => ctx.cancel('t'),
      (ctx) => ctx.now(),
      (ctx) => ctx.random(),
      (ctx) => ctx.count('seen'),
      (ctx) => ctx.signal,
      (ctx) => void (ctx.state['seen'] = 1),
    ];
    const codes: unknown[] = [];
    const work = (ctx: Context): void => {
      for (const use of kept === undefined ? [] : uses) {
        try {
          use(kept as Context);
        } catch (error) {
          codes.push((error as MillraceError).code);
        }
      }
      kept = ctx;
    };
    const on = serve(caseModule(isAsync ? async (ctx) => work(ctx) : work, { seen: value() }));
    const response = await on.ask(KIM, [{ name: 'seen', value: undefined }], message('1'), message('2'));
    expect(response).toMatchObject({ kind: 'effects', messages: [], mutations: [] });
    expect(codes).toEqual(uses.map(() => 'CONTEXT_EXPIRED'));
  },
);

test('undeclared states are refused as in the engine', async () => {
  await expect(doing((ctx) => ctx.clear('other'))).rejects.toThrow('case/fn declares no state "other"');
  await expect(doing((ctx) => (ctx.state['other'] = 1))).rejects.toThrow(TypeError);
});

describe('deadlines', () => {
  const withDeadline = (invoke: (ctx: Context) => void | Promise<void>): Served =>
    serve(defineModule({ functions: [defineFunction({ type: 'case/fn', deadline: 20, invoke })] }));

  test('abort the signal, and a function that ends then has ended', async () => {
    const on = withDeadline(async (ctx) => {
      await sleep(60_000, undefined, { signal: ctx.signal }).catch(() => {});
      ctx.send('a/b', 'x', (ctx.signal.reason as { code: string }).code);
    });
    const response = (await on.ask(KIM, [], message(1))) as BatchEffects;
    expect(response.messages.map(({ argument }) => read(argument))).toEqual(['INVOCATION_OVERDUE']);
    expect(on.events).toMatchObject([{ level: 'warning', error: { code: 'INVOCATION_OVERDUE' } }]);
  });

  test('fail what goes on all the same', async () => {
    const on = withDeadline(() => new Promise(() => {}));
    expect(await on.ask(KIM, [], message(1))).toBe(500);
    expect(on.events.map(({ level }) => level)).toEqual(['warning', 'error']);
  });

  test('are reported of what has held up its thread, and stands', async () => {
    const on = withDeadline(() => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30));
    expect(await on.ask(KIM, [], message(1))).toMatchObject({ kind: 'effects' });
    expect(on.events).toMatchObject([{ level: 'warning', error: { code: 'INVOCATION_OVERDUE' } }]);
  });
});

test('a log that throws fails nothing', async () => {
  const log = (): never => {
    throw new Error('full');
  };
  const { handler } = serve(
    caseModule(() => {}),
    { log },
  );
  expect((await handler.handleBytes(new Uint8Array(5))).status).toBe(500);
});

test('options that make no sense are refused', () => {
  const module = caseModule(() => {});
  const refused = (options: object) => () => createStatefunHandler({ module, ...options });
  expect(refused({ module: {} })).toThrow(code('INVALID_DEFINITION'));
  expect(refused({ types: [{}] })).toThrow('types[0] is an object, not a type');
  expect(refused({ sends: { 'a/b': 5 } })).toThrow('sends["a/b"] is 5');
  expect(refused({ egresses: { 'a/b': () => {} } })).toThrow('egresses names "a/b"');
  const type = { typename: 'a/b', serialize: () => new Uint8Array(0), deserialize: () => 0 };
  expect(refused({ states: { 'a/b': { x: type } } })).toThrow('states names "a/b"');
  expect(refused({ states: { 'case/fn': { x: type } } })).toThrow('states["case/fn"] names "x"');
  expect(refused({ limits: { requestBytesMax: 0 } })).toThrow('limits.requestBytesMax is 0');
});

test.each<[unknown, string]>([
  [undefined, 'The argument of createStatefunHandler must be an object with the fields module, '],
  [{ typs: [] }, 'The argument of createStatefunHandler has no field "typs"; its fields are module, types, '],
  [{ limits: { operationsMs: 5 } }, 'createStatefunHandler: limits has no field "operationsMs"; its fields are req'],
  [{ limits: 5 }, 'createStatefunHandler: limits must be an object with the fields requestBytesMax, '],
  [{ types: 'a/b' }, 'createStatefunHandler: types is "a/b", not a list of types.'],
  [{ sends: ['a/b'] }, 'createStatefunHandler: sends must be an object with what is said by name, not an array of 1.'],
  [{ egresses: 'x' }, 'createStatefunHandler: egresses must be an object with '],
  [{ states: { 'case/fn': 'x' } }, 'createStatefunHandler: states["case/fn"] must be an object with '],
  [{ log: 'error' }, 'createStatefunHandler: log is "error", not a function.'],
  [{ development: 'yes' }, 'createStatefunHandler: development is "yes", not true or false.'],
])('what would have no effect is refused: %j', (options, message) => {
  const given = typeof options === 'object' ? { module: caseModule(() => {}), ...options } : options;
  const serving = (): unknown => createStatefunHandler(given as never);
  expect(serving).toThrow(code('INVALID_DEFINITION'));
  expect(serving).toThrow(message);
});
