/**
 * `ctx.state` as an object: one accessor per declared state, nothing else, and nothing that a name could collide with.
 * There are two kinds of view, one for many invocations and one for a single one, and nobody can tell them apart.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { value } from '../../../src/index.ts';
import { type CellHolder, stateShape } from '../../../src/state/state-view.ts';

function holder(...values: unknown[]): CellHolder & { readonly cells: unknown[] } {
  const cells = values;
  return {
    cells,
    readCell: (index) => cells[index],
    writeCell: (index, written) => {
      cells[index] = written;
    },
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

test('a shape knows the names and what they read as at first', () => {
  expect(shape.names).toEqual(['a', 'b', 'constructor', 'toString', 'holder']);
  expect(shape.initials).toEqual([undefined, 7, undefined, undefined, undefined]);
});

describe.each(['view', 'briefView'] as const)('%s', (kind) => {
  function viewOf(cells: CellHolder): Record<string, unknown> {
    return shape[kind](cells) as Record<string, unknown>;
  }

  test('each name is a cell', () => {
    const cells = holder();
    const view = viewOf(cells);
    for (const [index, name] of shape.names.entries()) view[name] = `cell ${index}`;
    expect(cells.cells).toEqual(['cell 0', 'cell 1', 'cell 2', 'cell 3', 'cell 4']);
    for (const [index, name] of shape.names.entries()) expect(view[name]).toBe(`cell ${index}`);
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
    expect(Reflect.ownKeys(copy)).toEqual(shape.names);
    expect(Object.values(copy)).toEqual([1, 2, 'three', undefined, undefined]);
    expect(Object.values({ ...view })).toEqual([10, 20, 'three', undefined, undefined]);
    const { a, ...rest } = view;
    expect([a, Object.keys(rest)]).toEqual([10, ['b', 'constructor', 'toString', 'holder']]);
  });

  test('the names can be listed, with their values', () => {
    const view = viewOf(holder(1, 2));
    const names: string[] = [];
    for (const name in view) names.push(name);
    expect(names).toEqual(shape.names);
    expect(Reflect.ownKeys(view)).toEqual(shape.names);
    expect(Object.keys(view)).toEqual(shape.names);
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
    expect(Object.keys(viewOf(holder()))).toEqual(shape.names);
  });

  test('what the holder throws comes through, also while everything is listed', () => {
    const over = (): never => {
      throw new Error('over');
    };
    const view = viewOf({ readCell: over, writeCell: over });
    expect(() => view['a']).toThrow('over');
    expect(() => {
      view['a'] = 1;
    }).toThrow('over');
    expect(() => ({ ...view })).toThrow('over');
    expect(() => Object.entries(view)).toThrow('over');
    expect(Object.keys(view)).toEqual(shape.names);
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
      fc.property(fc.uniqueArray(fc.string().filter((name) => name !== '__proto__')), (names) => {
        const any = stateShape(Object.fromEntries(names.map((name) => [name, value<number>()])));
        const numbers = any.names.map((_, index) => index);
        const view = any[kind](holder(...numbers)) as Record<string, unknown>;
        // The order is that of any object: numbers first.
        assert.deepStrictEqual(Object.keys(view), [...any.names]);
        assert.deepStrictEqual(Object.values({ ...view }), numbers);
        for (const [index, name] of any.names.entries()) assert.strictEqual(view[name], index);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
