/**
 * One StateFun program, over whichever package it is given, and the commands that it obeys: what a program can do, as data,
 * so that the same can be done with the official package and with ours.
 */
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import type * as Ours from '../../../src/statefun/index.ts';

/** What both packages have. */
export type Sdk = Pick<
  typeof Ours,
  'StateFun' | 'messageBuilder' | 'egressMessageBuilder' | 'kafkaEgressMessage' | 'kinesisEgressMessage'
>;

export const STATE_NAMES = ['count', 'name', 'flag', 'part', 'cart'] as const;
type StateName = (typeof STATE_NAMES)[number];

export const STATE_TYPES: Readonly<Record<StateName, string>> = {
  count: 'io.statefun.types/int',
  name: 'io.statefun.types/string',
  flag: 'io.statefun.types/bool',
  part: 'io.statefun.types/float',
  cart: 'test/cart',
};

export type Command =
  | { readonly do: 'set'; readonly state: StateName; readonly value: unknown }
  | { readonly do: 'increment' | 'push' | 'caller' | 'names' | 'pause' | 'throw' }
  | { readonly do: 'tell' | 'delete'; readonly state: StateName }
  | { readonly do: 'send'; readonly id: string; readonly value: string | number }
  | { readonly do: 'sendAfter'; readonly delay: number; readonly token: string | undefined }
  | { readonly do: 'cancel'; readonly token: string }
  | { readonly do: 'egress' | 'kafka' | 'kinesis'; readonly value: string | number; readonly key: string };

const stateName = fc.constantFrom(...STATE_NAMES);
const text = fc.string({ unit: 'grapheme', maxLength: 20 });

/** A value of the type of the state. */
const assignment: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ do: fc.constant('set' as const), state: fc.constant('count' as const), value: fc.integer() }),
  fc.record({ do: fc.constant('set' as const), state: fc.constant('name' as const), value: text }),
  fc.record({ do: fc.constant('set' as const), state: fc.constant('flag' as const), value: fc.boolean() }),
  fc.record({
    do: fc.constant('set' as const),
    state: fc.constant('part' as const),
    value: fc.constantFrom(0, 1.5, -2.25),
  }),
  fc.record({ do: fc.constant('set' as const), state: fc.constant('cart' as const), value: fc.array(text) }),
  fc.record({ do: fc.constant('set' as const), state: stateName, value: fc.constant(null) }),
);

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: assignment },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('increment' as const, 'push' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('tell' as const, 'delete' as const), state: stateName }) },
  fc.record({ do: fc.constantFrom('caller' as const, 'names' as const, 'pause' as const) }),
  fc.record({
    do: fc.constant('send' as const),
    id: fc.string({ minLength: 1, maxLength: 5 }),
    value: fc.oneof(
      text.filter((value) => value !== ''),
      fc.integer(),
    ),
  }),
  fc.record({ do: fc.constant('sendAfter' as const), delay: fc.nat(), token: fc.option(text, { nil: undefined }) }),
  fc.record({ do: fc.constant('cancel' as const), token: text }),
  fc.record({
    do: fc.constantFrom('egress' as const, 'kafka' as const, 'kinesis' as const),
    value: fc.oneof(text, fc.integer()),
    key: text,
  }),
);

/** Now and then one that throws. */
export const anyCommands: fc.Arbitrary<readonly Command[]> = fc
  .tuple(fc.array(anyCommand, { maxLength: 8 }), fc.nat(30))
  .map(([commands, dice]) => (dice === 0 ? [...commands, { do: 'throw' } as const] : commands));

/** The program: `p/sync` returns at once if it can, `p/async` is a promise, `p/plain` has no state. */
export function makeProgram(sdk: Sdk): InstanceType<Sdk['StateFun']> {
  const { StateFun } = sdk;
  const statefun = new StateFun();
  const commandsType = StateFun.jsonType<readonly Command[]>('test/commands');
  const specs = [
    { name: 'count', type: StateFun.intType() },
    { name: 'name', type: StateFun.stringType(), expireAfterWrite: 5 },
    { name: 'flag', type: StateFun.booleanType(), expireAfterCall: 1000 },
    { name: 'part', type: StateFun.floatType(), expireAfterCall: 7, expireAfterWrite: 8 },
    { name: 'cart', type: StateFun.jsonType<string[]>('test/cart'), expireAfterWrite: 0 },
  ];
  statefun.bind({
    typename: 'p/sync',
    specs,
    fn(context, message) {
      const commands = message.as(commandsType) ?? [];
      for (const command of commands) if (command.do !== 'pause') obey(sdk, context, command);
    },
  });
  statefun.bind({
    typename: 'p/async',
    specs,
    async fn(context, message) {
      for (const command of message.as(commandsType) ?? []) {
        if (command.do === 'pause') await setImmediate();
        else obey(sdk, context, command);
      }
    },
  });
  statefun.bind({ typename: 'p/plain', fn: (context, message) => obey(sdk, context, message.as(commandsType)?.[0]) });
  return statefun;
}

function obey(sdk: Sdk, context: Ours.Context, command: Command | undefined): void {
  const { storage } = context;
  const tell = (value: unknown): void =>
    context.send(sdk.messageBuilder({ typename: 'test/observer', id: 'o', value: JSON.stringify(value) }));
  if (command === undefined) return;
  switch (command.do) {
    case 'pause':
      return;
    case 'set':
      storage[command.state] = command.value;
      return;
    case 'increment':
      storage.count = (storage.count + 1) | 0;
      return;
    case 'push': {
      const cart = storage.cart ?? [];
      cart.push('ball');
      storage.cart = cart;
      return;
    }
    case 'tell':
      tell(storage[command.state]);
      return;
    case 'delete':
      Reflect.deleteProperty(storage as object, command.state);
      return;
    case 'caller':
      tell([context.caller, context.self]);
      return;
    case 'names':
      tell([Object.keys(storage), 'count' in storage, 'other' in storage, Object.isSealed(storage)]);
      return;
    case 'throw':
      throw new Error('as told');
    default:
      emit(sdk, context, command);
  }
}

type Emission = Extract<Command, { do: 'send' | 'sendAfter' | 'cancel' | 'egress' | 'kafka' | 'kinesis' }>;

function emit(sdk: Sdk, context: Ours.Context, command: Emission): void {
  const { StateFun } = sdk;
  switch (command.do) {
    case 'send':
      context.send(sdk.messageBuilder({ typename: 'test/fn', id: command.id, value: command.value }));
      return;
    case 'sendAfter': {
      const valueType = StateFun.booleanType();
      const message = sdk.messageBuilder({ typename: 'test/fn', id: 'later', value: true, valueType });
      context.sendAfter(command.delay, message, command.token);
      return;
    }
    case 'cancel':
      context.cancelDelayedMessage(command.token);
      return;
    case 'egress': {
      const valueType = StateFun.jsonType('test/json');
      context.send(sdk.egressMessageBuilder({ typename: 'test/egress', value: command.value, valueType }));
      return;
    }
    case 'kafka':
      context.send(
        sdk.kafkaEgressMessage({ typename: 'test/kafka', topic: 't', key: command.key, value: command.value }),
      );
      return;
    case 'kinesis':
      context.send(
        sdk.kinesisEgressMessage({
          typename: 'test/kinesis',
          stream: 's',
          partitionKey: 'p',
          hashKey: command.key,
          value: command.value,
        }),
      );
  }
}
