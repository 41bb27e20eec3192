/**
 * What cannot be kept is refused where it is assigned, and the error says of which state of which function: the program
 * may have many, and no message was sent at all.
 */
import { describe, expect, test } from 'vitest';
import { defineFunction, list, type StateOf, table, value } from '../../../src/index.ts';
import { smallSchema } from '../../small-schema.ts';
import { Stage } from './stage.ts';

const specs = {
  plain: value<unknown>(),
  checked: value({ schema: smallSchema<unknown>((given) => given) }),
  brief: value<unknown>({ expire: { after: '1 day' } }),
  items: table<unknown>(),
  brevia: table<unknown>({ expire: { after: '1 day' } }),
  log: list<unknown>(),
};
type State = StateOf<typeof specs>;

class Cart {}
const wrong = { cart: [new Cart()] };

const writes: [string, (state: State) => void, object][] = [
  [
    'state "plain": State cannot hold a function (f).',
    (state) => void (state.plain = function f() {}),
    { state: 'plain' },
  ],
  ['state "plain": State cannot hold an instance of Cart (at .cart[0]).', (state) => void (state.plain = wrong), {}],
  [
    'state "checked": State cannot hold an instance of Cart (at .cart[0]).',
    (state) => void (state.checked = wrong),
    {},
  ],
  ['state "brief": State cannot hold Symbol(s).', (state) => void (state.brief = Symbol('s')), { state: 'brief' }],
  [
    'state "items", entry "k": State cannot hold an instance of Cart.',
    ({ items }) => items.set('k', new Cart()),
    { key: 'k' },
  ],
  [
    'state "brevia", entry "k": State cannot hold Symbol(s) (at .a).',
    ({ brevia }) => brevia.set('k', { a: Symbol('s') }),
    {},
  ],
  [
    'state "log", element 1: State cannot hold an instance of Cart.',
    ({ log }) => log.appendAll([1, new Cart()]),
    { key: 1 },
  ],
  [
    'state "log", element 0: A list cannot hold undefined.',
    ({ log }) => log.append(undefined),
    { state: 'log', key: 0 },
  ],
];

describe.each([false, true])('async: %s', (isAsync) => {
  test.each(writes)('%s', async (message, write, details) => {
    const type = 'test/keeper';
    const keeper = isAsync
      ? defineFunction({ type, state: specs, invoke: async ({ state }) => write(state) })
      : defineFunction({ type, state: specs, invoke: ({ state }) => write(state) });
    const on = new Stage([keeper]);
    on.send(type, 'Kim');
    await on.play();
    expect(on.errors).toHaveLength(1);
    expect(on.errors[0].cause).toMatchObject({
      code: 'MESSAGE_NOT_ENCODABLE',
      message: `${type} "Kim", ${message} Nothing was sent, or, of state, the value was not taken.`,
      details: { type, id: 'Kim', ...details },
    });
    expect(on.entityCount).toBe(0);
  });
});

test('an object that is not looked at, in production and in memory, is kept as it is', async () => {
  const seen: unknown[] = [];
  const keeper = defineFunction({
    type: 'test/keeper',
    state: specs,
    invoke({ state }, given: 'set' | 'get') {
      if (given === 'set') state.plain = wrong;
      else seen.push(state.plain);
    },
  });
  const on = new Stage([keeper], { development: false });
  for (const message of ['set', 'get']) on.send('test/keeper', 'Kim', message);
  await on.play();
  expect([seen[0] === wrong, Object.isFrozen(wrong), on.errors]).toEqual([true, false, []]);
});
