/**
 * `ctx.state` as an object: one accessor per declared state, nothing else, and nothing that a name could collide with.
 * There are two kinds of view, one for many invocations and one for a single one, and nobody can tell them apart.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { list, table, value } from '../../../src/index.ts';
import { type CellHolder, stateShape } from '../../../src/state/state-view.ts';

function holder(...values: unknown[]): CellHolder & { readonly cells: unknown[] } {
  const cells = values;
  return {
    cells,
    readCell: (index) => cells[index],
    writeCell: (index, written) => {
      cells[index] = written;
    },
    handle: (slot) => ({ slot }),
  };
}

const specs = {
  a: value<number>(),
  b: value({ initial: 7 }),
  constructor: value<string>(),
  toString: value<string>(),
  holder: value<number>(),
};
const shape = stateShape(specs);
const names = Object.keys(specs);

test('a shape knows the names and what they read as at first', () => {
  expect(shape.slots.map(({ name }) => name)).toEqual(names);
  expect(shape.cellNames).toEqual(names);
  expect(shape.initials).toEqual([undefined, 7, undefined, undefined, undefined]);
});

describe.each(['view', 'briefView'] as const)('%s', (kind) => {
  function viewOf(cells: CellHolder): Record<string, unknown> {
    return shape[kind](cells) as Record<string, unknown>;
  }

  test('each name is a cell', () => {
    const cells = holder();
    const view = viewOf(cells);
    for (const [index, name] of names.entries()) view[name] = `cell ${index}`;
    expect(cells.cells).toEqual(['cell 0', 'cell 1', 'cell 2', 'cell 3', 'cell 4']);
    for (const [index, name] of names.entries()) expect(view[name]).toBe(`cell ${index}`);
  });

  test('two views do not see each other', () => {
    const [one, other] = [holder(), holder()];
    const [view, otherView] = [viewOf(one), viewOf(other)];
    view['a'] = 1;
    expect([one.cells, other.cells]).toEqual([[1], []]);
    expect([view['a'], otherView['a']]).toEqual([1, undefined]);
  });

  test('a spread holds all declared states and nothing else, with their values of this moment', () => {
    const cells = holder(1, 2, 'three');
    const view = viewOf(cells);
    const copy = { ...view };
    view['a'] = 10;
    cells.cells[1] = 20;
    expect(Reflect.ownKeys(copy)).toEqual(names);
    expect(Object.values(copy)).toEqual([1, 2, 'three', undefined, undefined]);
    expect(Object.values({ ...view })).toEqual([10, 20, 'three', undefined, undefined]);
    const { a, ...rest } = view;
    expect([a, Object.keys(rest)]).toEqual([10, ['b', 'constructor', 'toString', 'holder']]);
  });

  test('the names can be listed, with their values', () => {
    const view = viewOf(holder(1, 2));
    const listed: string[] = [];
    for (const name in view) listed.push(name);
    expect(listed).toEqual(names);
    expect(Reflect.ownKeys(view)).toEqual(names);
    expect(Object.keys(view)).toEqual(names);
    expect(Object.entries(view).slice(0, 3)).toEqual([
      ['a', 1],
      ['b', 2],
      ['constructor', undefined],
    ]);
    expect(JSON.stringify(view)).toBe('{"a":1,"b":2}');
    expect(['a' in view, Object.hasOwn(view, 'b'), 'c' in view]).toEqual([true, true, false]);
  });

  test('an undeclared name reads as undefined and cannot be written', () => {
    const cells = holder();
    const view = viewOf(cells);
    expect(view['c']).toBeUndefined();
    expect(() => {
      view['c'] = 1;
    }).toThrow(TypeError);
    expect(() => Object.defineProperty(view, 'c', { value: 1 })).toThrow(TypeError);
    expect(cells.cells).toEqual([]);
  });

  test('a declared state stays declared', () => {
    const view = viewOf(holder(1));
    expect(() => delete view['a']).toThrow(TypeError);
    expect(() => Object.defineProperty(view, 'a', { value: 2 })).toThrow(TypeError);
    expect(() => Object.setPrototypeOf(view, { a: 3 })).toThrow(TypeError);
    expect(view['a']).toBe(1);
    expect(Object.keys(viewOf(holder()))).toEqual(names);
  });

  test('what the holder throws comes through, also while everything is listed', () => {
    const over = (): never => {
      throw new Error('over');
    };
    const view = viewOf({ readCell: over, writeCell: over, handle: over });
    expect(() => view['a']).toThrow('over');
    expect(() => {
      view['a'] = 1;
    }).toThrow('over');
    expect(() => ({ ...view })).toThrow('over');
    expect(() => Object.entries(view)).toThrow('over');
    expect(Object.keys(view)).toEqual(names);
  });

  test('a table and a list are handles, which the holder makes and nobody assigns', () => {
    const many = stateShape({ a: table<number>({ initial: 1 }), b: value<number>(), c: list<number>() });
    const cells = holder(true, 'of b', 3);
    const view = many[kind](cells) as Record<string, { slot?: unknown }>;
    expect([view['a'].slot, view['c'].slot]).toEqual([many.slots[0], many.slots[2]]);
    expect(view['b']).toBe('of b');
    for (const name of ['a', 'c']) {
      expect(() => {
        view[name] = {};
      }).toThrow(/cannot be assigned/);
    }
    expect(cells.cells).toEqual([true, 'of b', 3]);
    expect(many.slots.map(({ cell, initial }) => [cell, initial])).toEqual([
      [0, 1],
      [1, undefined],
      [2, undefined],
    ]);
    // What tables and lists keep there must not be taken for a value, should the state become one.
    expect(many.cellNames).toEqual(['a\0table', 'b', 'c\0length']);
  });

  test('a function without state has an empty one', () => {
    const view = stateShape({})[kind](holder()) as Record<string, unknown>;
    expect({ ...view }).toEqual({});
    expect(() => {
      view['a'] = 1;
    }).toThrow(TypeError);
  });

  test('any names at all can be states', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string().filter((name) => name !== '__proto__')), (given) => {
        const any = stateShape(Object.fromEntries(given.map((name) => [name, value<number>()])));
        const names = any.cellNames;
        const numbers = names.map((_, index) => index);
        const view = any[kind](holder(...numbers)) as Record<string, unknown>;
        // The order is that of any object: numbers first.
        assert.deepStrictEqual(Object.keys(view), [...names]);
        assert.deepStrictEqual(Object.values({ ...view }), numbers);
        for (const [index, name] of names.entries()) assert.strictEqual(view[name], index);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
