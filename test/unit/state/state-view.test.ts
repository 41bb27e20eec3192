/**
 * `ctx.state` as an object: one accessor per declared state, nothing else, and nothing that a name could collide with.
 */
import { expect, test } from 'vitest';
import { value } from '../../../src/index.ts';
import { type CellHolder, stateShape } from '../../../src/state/state-view.ts';

function holder(): CellHolder & { readonly cells: unknown[] } {
  const cells: unknown[] = [];
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

test('each name is a cell', () => {
  expect(shape.names).toEqual(['a', 'b', 'constructor', 'toString', 'holder']);
  expect(shape.initials).toEqual([undefined, 7, undefined, undefined, undefined]);
  const cells = holder();
  const view = shape.view(cells) as Record<string, unknown>;
  for (const [index, name] of shape.names.entries()) view[name] = `cell ${index}`;
  expect(cells.cells).toEqual(['cell 0', 'cell 1', 'cell 2', 'cell 3', 'cell 4']);
  for (const [index, name] of shape.names.entries()) expect(view[name]).toBe(`cell ${index}`);
});

test('two views do not see each other', () => {
  const [one, other] = [holder(), holder()];
  const [view] = [shape.view(one), shape.view(other)] as Record<string, unknown>[];
  view['a'] = 1;
  expect([one.cells, other.cells]).toEqual([[1], []]);
});

test('an undeclared name reads as undefined and cannot be written', () => {
  const view = shape.view(holder()) as Record<string, unknown>;
  expect(view['c']).toBeUndefined();
  expect(() => {
    view['c'] = 1;
  }).toThrow(TypeError);
});

test('the names can be listed', () => {
  const names: string[] = [];
  for (const name in shape.view(holder())) names.push(name);
  expect(names.toSorted()).toEqual(shape.names.toSorted());
});
