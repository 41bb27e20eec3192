/**
 * State as tests look at it, in the memory of an engine and in a committed cut: values, tables, lists, and what has
 * expired.
 */
import { expect, test } from 'vitest';
import { defineFunction, defineModule, list, table, value } from '../../../src/index.ts';
import { explore, testEngine } from '../../../src/testing/index.ts';

const shelf = defineFunction({
  type: 'test/shelf',
  state: {
    label: value<string>(),
    fresh: value({ initial: 'nothing', expire: { after: '1 h' } }),
    stock: table<number>(),
    log: list<string>(),
  },
  invoke(ctx, item: string) {
    ctx.state.label = ctx.self.id;
    ctx.state.fresh = item;
    ctx.state.stock.set(item, (ctx.state.stock.get(item) ?? 0) + 1);
    ctx.state.log.append(item);
    if (item === 'clear') {
      ctx.state.stock.clear();
      ctx.state.log.clear();
    }
  },
});
const module = defineModule({ functions: [shelf] });
const ITEMS = ['pear', 'äpple', 'pear'];
const FULL = {
  label: 'Kim',
  fresh: 'pear',
  stock: new Map([
    ['pear', 2],
    ['äpple', 1],
  ]),
  log: ITEMS,
};
const EMPTY = { label: undefined, fresh: 'nothing', stock: new Map(), log: [] };

test('in memory', async () => {
  const t = await testEngine(module);
  expect(t.state(shelf, 'Kim')).toEqual(EMPTY);
  for (const item of ITEMS) await t.send(shelf, 'Kim', item);
  expect(t.state(shelf, 'Kim')).toEqual(FULL);
  expect([...t.states(shelf)]).toEqual([['Kim', FULL]]);
  await t.advance('2 h');
  expect(t.state(shelf, 'Kim').fresh).toBe('nothing');
  await t.send(shelf, 'Kim', 'clear');
  expect(t.state(shelf, 'Kim')).toEqual({ ...EMPTY, label: 'Kim', fresh: 'clear' });
});

test('null is a value like any other', async () => {
  const state = {
    plain: value<null>(),
    versioned: value<null>({ version: 2 }),
    usual: value<number | null>({ initial: 1 }),
  };
  const keeper = defineFunction({
    type: 'test/keeper',
    state,
    invoke: (ctx, _message: string) => {
      ctx.state.plain = null;
      ctx.state.versioned = null;
      ctx.state.usual = null;
    },
  });
  await using t = await testEngine(defineModule({ functions: [keeper] }));
  await t.send(keeper, 'Kim', 'keep');
  expect(t.state(keeper, 'Kim')).toEqual({ plain: null, versioned: null, usual: null });
});

test('in a cut', async () => {
  const { cuts } = await explore(
    {
      module,
      async run(t) {
        for (const item of ITEMS) await t.send(shelf, 'Kim', item);
        expect((await t.settle()).state(shelf, 'Kim')).toEqual(FULL);
        await t.advance('2 h');
      },
      invariant(cut) {
        const { stock, log } = cut.state(shelf, 'Kim');
        expect([...stock.values()].reduce((sum, count) => sum + count, 0)).toBe(log.length);
      },
      outcome(cut) {
        expect([...cut.states(shelf)]).toEqual([['Kim', { ...FULL, fresh: 'nothing' }]]);
        expect(cut.state(shelf, 'nobody')).toEqual(EMPTY);
      },
    },
    { seeds: 30 },
  );
  expect(cuts).toBeGreaterThan(60);
});

test('entries that have expired are not there, and the others are those of this version', async () => {
  const room = defineFunction({
    type: 'test/room',
    state: {
      coats: table<number>({ expire: { after: '1 h' } }),
      tags: table<number>({ version: 2 }),
      log: list<string>({ expire: { after: '1 h' } }),
    },
    invoke(ctx, place: string) {
      ctx.state.coats.set(place, 1);
      ctx.state.tags.set(place, 2);
      ctx.state.log.append(place);
    },
  });
  const t = await testEngine(defineModule({ functions: [room] }));
  await t.send(room, 'Kim', 'a');
  await t.advance('40 min');
  await t.send(room, 'Kim', 'b');
  const both = new Map([
    ['a', 2],
    ['b', 2],
  ]);
  await t.advance('19 min');
  expect([...t.state(room, 'Kim').coats.keys()]).toEqual(['a', 'b']);
  await t.advance('2 min');
  expect(t.state(room, 'Kim')).toEqual({ coats: new Map([['b', 1]]), tags: both, log: ['b'] });
  await t.advance('2 h');
  expect(t.state(room, 'Kim')).toEqual({ coats: new Map(), tags: both, log: [] });
});
