/**
 * The shapes of StateFun's JavaScript package where ours is better than it: what it kept silent about is an error, or
 * works. (What it does well is compared in `official-programs.test.ts`.)
 */
import { createRequire } from 'node:module';
import { describe, expect, test, vi } from 'vitest';
import type { MillraceError } from '../../../src/sdk/errors.ts';
import * as ours from '../../../src/statefun/index.ts';
import {
  Address,
  type Context,
  egressMessageBuilder,
  type FunctionOpts,
  IntType,
  kafkaEgressMessage,
  kinesisEgressMessage,
  Message,
  messageBuilder,
  readTyped,
  StateFun,
  type StateFunOptions,
  StringType,
  typedValue,
  ValueSpec,
} from '../../../src/statefun/index.ts';
import type { BatchResponse, KnownState } from '../../../src/statefun/protocol.ts';

const target = { type: 'test/fn', id: 'a' };
const ARGUMENT = typedValue(StringType, 'go');

const code = (expected: MillraceError['code']): unknown => expect.objectContaining({ code: expected });

/** Runs one invocation of a function with these states. */
async function invoke(
  fn: FunctionOpts['fn'],
  states: readonly (KnownState & { readonly type: ours.Type<unknown> })[] = [],
  options: StateFunOptions = {},
): Promise<BatchResponse> {
  const statefun = new StateFun(options);
  statefun.bind({ typename: target.type, fn, specs: states.map(({ name, type }) => ({ name, type })) });
  return await statefun.run({ target, states, invocations: [{ caller: undefined, argument: ARGUMENT }] });
}

const count = (value?: number): KnownState & { type: ours.Type<unknown> } => ({
  name: 'count',
  type: IntType,
  value: value === undefined ? undefined : typedValue(IntType, value),
});

test('exports the nine names of the official package', () => {
  const require = createRequire(import.meta.url);
  const names = Object.keys(require('apache-flink-statefun') as object).filter((name) => name !== '__esModule');
  expect(names).toHaveLength(9);
  expect(Object.keys(ours)).toEqual(expect.arrayContaining(names));
});

describe('binding', () => {
  test.for<[string, Partial<FunctionOpts>, MillraceError['code']]>([
    ['no slash', { typename: 'fn' }, 'INVALID_TYPE_NAME'],
    ['no name', { typename: 'test/' }, 'INVALID_TYPE_NAME'],
    ['no function', { fn: undefined as never }, 'INVALID_DEFINITION'],
    ['no type', { specs: [{ name: 'a', type: undefined as never }] }, 'INVALID_DEFINITION'],
    ['a name in capitals', { specs: [{ name: 'A', type: IntType }] }, 'INVALID_DEFINITION'],
    ['a state twice', { specs: [count(), count()] }, 'INVALID_DEFINITION'],
    ['half a millisecond', { specs: [{ ...count(), expireAfterCall: 0.5 }] }, 'INVALID_DEFINITION'],
    ['a negative time', { specs: [{ ...count(), expireAfterWrite: -5 }] }, 'INVALID_DEFINITION'],
  ])('%s is refused', ([, opts, expected]) => {
    expect(() => new StateFun().bind({ typename: 'test/fn', fn: () => {}, ...opts })).toThrow(code(expected));
  });

  test('a type of the official package', async () => {
    const require = createRequire(import.meta.url);
    const { StateFun: Official } = require('apache-flink-statefun') as typeof import('apache-flink-statefun');
    const state = { ...count(4), type: Official.intType() as unknown as ours.Type<unknown> };
    const response = await invoke((context) => void (context.storage.count += 1), [state]);
    expect(response).toMatchObject({ mutations: [{ name: 'count', value: typedValue(IntType, 5) }] });
  });

  test('ValueSpec.fromOpts, which the documentation promises', () => {
    const { name, type } = ValueSpec.fromOpts({ name: 'seen', type: StateFun.longType(), expireAfterCall: 5 });
    expect([name, type.typename]).toEqual(['seen', 'io.statefun.types/long']);
  });

  test('a function bound twice: the later one counts', async () => {
    const statefun = new StateFun();
    const seen: string[] = [];
    for (const name of ['first', 'second']) statefun.bind({ typename: 'test/fn', fn: () => void seen.push(name) });
    await statefun.run({ target, states: [], invocations: [{ caller: undefined, argument: ARGUMENT }] });
    expect([seen, statefun.typenames]).toEqual([['second'], ['test/fn']]);
  });
});

describe('storage', () => {
  test.for<[string, (storage: Context['storage']) => unknown]>([
    ['reading', (storage) => storage.cuont],
    ['writing', (storage) => (storage.cuont = 1)],
  ])('%s a state that is not declared is an error', async ([, use]) => {
    const response = invoke((context) => void use(context.storage), [count()]);
    await expect(response).rejects.toThrow(/test\/fn declares no state "cuont"/);
  });

  test('can be looked at by tools', async () => {
    const seen: unknown[] = [];
    await invoke(async ({ storage }) => void seen.push(JSON.stringify(await storage), 'count' in storage), [count(1)]);
    expect(seen).toEqual(['{}', true]);
  });

  test('states of any allowed name', async () => {
    const names = ['constructor', 'then', '__proto__', 'valueof'];
    const states = names.map((name) => ({ ...count(7), name }));
    const response = await invoke(({ storage }) => {
      for (const name of names) storage[name] += 1;
    }, states);
    expect(response).toMatchObject({ mutations: names.map((name) => ({ name, value: typedValue(IntType, 8) })) });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('a value that its type cannot hold is refused', async () => {
    await expect(invoke((context) => void (context.storage.count = 1.5), [count()])).rejects.toThrow(
      code('TYPE_MISMATCH'),
    );
  });
});

describe('what a function begins', () => {
  test('any thenable is awaited', async () => {
    const thenable: PromiseLike<void> = {
      // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
      then: (done) => {
        setImmediate(() => void done?.());
        return Promise.resolve() as never;
      },
    };
    const order: string[] = [];
    const statefun = new StateFun();
    statefun.bind({
      typename: 'test/fn',
      fn: () => {
        order.push('begun');
        setImmediate(() => order.push('ended'));
        return thenable;
      },
    });
    const invocation = { caller: undefined, argument: ARGUMENT };
    await statefun.run({ target, states: [], invocations: [invocation, invocation] });
    expect(order).toEqual(['begun', 'ended', 'begun', 'ended']);
  });

  test('and does not wait for has no effect and is told of', async () => {
    const errors: Error[] = [];
    const late = Promise.withResolvers<Context>();
    const response = await invoke((context) => late.resolve(context), [], { onError: (error) => errors.push(error) });
    const context = await late.promise;
    context.send(messageBuilder({ typename: 'test/fn', id: 'b', value: 1 }));
    context.cancelDelayedMessage('t');
    expect(response).toMatchObject({ messages: [], delayed: [] });
    expect(errors).toEqual([code('CONTEXT_EXPIRED'), code('CONTEXT_EXPIRED')]);
  });

  test.for<[string, (context: Context) => void, MillraceError['code']]>([
    ['a negative delay', (context) => context.sendAfter(-1, message()), 'INVALID_DELAY'],
    ['half a millisecond', (context) => context.sendAfter(0.5, message()), 'INVALID_DELAY'],
    ['a token that is no text', (context) => context.sendAfter(1, message(), 5 as never), 'INVALID_TIMER'],
    ['an empty token to cancel by', (context) => context.cancelDelayedMessage(''), 'INVALID_TIMER'],
    ['no message', (context) => context.send('text' as never), 'MESSAGE_NOT_ENCODABLE'],
    ['a record later', (context) => context.sendAfter(1, record() as never), 'MESSAGE_NOT_ENCODABLE'],
  ])('%s fails the batch', async ([, act, expected]) => {
    await expect(invoke((context) => act(context))).rejects.toThrow(code(expected));
  });
});

const message = (): Message => messageBuilder({ typename: 'test/fn', id: 'b', value: 1 });
const record = (): ours.EgressMessage => egressMessageBuilder({ typename: 'test/out', value: 1, valueType: IntType });

describe('builders', () => {
  test.for<[string, () => unknown, MillraceError['code']]>([
    ['a bad name', () => messageBuilder({ typename: 'fn', id: 'a', value: 1 }), 'INVALID_TYPE_NAME'],
    ['a number as id', () => messageBuilder({ typename: 'test/fn', id: 5 as never, value: 1 }), 'INVALID_ID'],
    ['no value', () => messageBuilder({ typename: 'test/fn', id: 'a', value: null }), 'TYPE_MISMATCH'],
    ['a value of no plain type', () => messageBuilder({ typename: 'test/fn', id: 'a', value: 1.5 }), 'TYPE_MISMATCH'],
    ['a record without a type', () => egressMessageBuilder({ typename: 'test/out', value: 1 }), 'TYPE_MISMATCH'],
    ['no topic', () => kafkaEgressMessage({ typename: 'test/out', topic: '', value: 'v' }), 'TYPE_MISMATCH'],
    [
      'a key that is no text, which was left out silently',
      () => kafkaEgressMessage({ typename: 'test/out', topic: 't', key: 5 as never, value: 'v' }),
      'TYPE_MISMATCH',
    ],
    [
      'no partition key',
      () => kinesisEgressMessage({ typename: 'test/out', stream: 's', partitionKey: '', value: 'v' }),
      'TYPE_MISMATCH',
    ],
    [
      'a record of no plain type',
      () => kafkaEgressMessage({ typename: 'test/out', topic: 't', value: 2 ** 40 }),
      'TYPE_MISMATCH',
    ],
  ])('%s is refused', ([, build, expected]) => {
    expect(build).toThrow(code(expected));
  });

  test('messages of all types can be read', () => {
    const of = <T>(type: ours.Type<T>, value: T): Message =>
      messageBuilder({ typename: 'test/fn', id: 'a', value, valueType: type });
    expect(of(StateFun.longType(), 5n).asLong()).toBe(5n);
    expect(of(StateFun.doubleType(), 0.1).asDouble()).toBe(0.1);
    expect(of(StateFun.longType(), 5n).isLong()).toBe(true);
    expect(of(StateFun.doubleType(), 0.1).isInt()).toBe(false);
    expect(of(StateFun.intType(), 5).rawValueBytes).toEqual(Buffer.from('0d05000000', 'hex'));
    expect(() => of(StateFun.intType(), 5).asString()).toThrow(code('TYPE_MISMATCH'));
    const empty = new Message(Address.fromParts('test', 'fn', 'a'), { typename: 'x/y', value: undefined });
    expect(empty.asString()).toBeNull();
    expect(() => empty.rawValueBytes).toThrow(code('TYPE_MISMATCH'));
  });

  test('a type of any package', () => {
    const built = messageBuilder({ typename: 'test/fn', id: 'a', value: 'x', valueType: StringType });
    expect(readTyped(StringType, built.typedValue)).toBe('x');
  });
});

test('by default errors go to the console', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  const late = Promise.withResolvers<Context>();
  await invoke((context) => late.resolve(context));
  (await late.promise).send(message());
  expect(printed).toHaveBeenCalledWith('A StateFun request failed.', code('CONTEXT_EXPIRED'));
  printed.mockRestore();
});
