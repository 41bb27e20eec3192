/**
 * One entity: its cells against a plain array, the line of what waits for it, and when it may be forgotten.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cells, Entity, WaitingLine } from '../../../src/state/entity.ts';

const CELL_COUNT = 6;
const anyWrites = fc.array(fc.tuple(fc.nat(CELL_COUNT - 1), fc.option(fc.integer(), { nil: undefined })), {
  maxLength: 20,
});

function read(cells: Cells): unknown[] {
  return Array.from({ length: CELL_COUNT }, (_, index) => cells.readCell(index));
}

test('cells read as they were written, and blank again when all are cleared', () => {
  fc.assert(
    fc.property(anyWrites, (writes) => {
      const cells = new Cells();
      const model: unknown[] = new Array<unknown>(CELL_COUNT).fill(undefined);
      expect(cells.isBlank).toBe(true);
      for (const [index, value] of writes) {
        cells.writeCell(index, value);
        model[index] = value;
        expect(cells.isBlank).toBe(model.every((cell) => cell === undefined));
      }
      expect(read(cells)).toEqual(model);
    }),
  );
});

test('a copy goes its own way until it is adopted', () => {
  fc.assert(
    fc.property(anyWrites, anyWrites, anyWrites, (before, onCopy, onOriginal) => {
      const original = new Entity(0, 1, 'Kim');
      for (const [index, value] of before) original.writeCell(index, value);
      const copy = original.copy();
      const atCopy = read(original);
      for (const [index, value] of onOriginal) original.writeCell(index, value);
      const atWrite = read(original);
      expect(read(copy)).toEqual(atCopy);
      for (const [index, value] of onCopy) copy.writeCell(index, value);
      expect(read(original)).toEqual(atWrite);
      const written = read(copy);
      original.adopt(copy);
      expect(read(original)).toEqual(written);
    }),
  );
});

test('the waiting line is a queue', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 50 }), (steps) => {
      const line = new WaitingLine();
      const model: number[] = [];
      for (const [index, isAdd] of steps.entries()) {
        const number = index + 1;
        if (isAdd) {
          line.add(number, number + 1, `from ${number}`, 0, { attempts: number });
          model.push(number);
          continue;
        }
        const expected = model.shift();
        const held = line.take();
        const fields = held && [held.message, held.sourceType, held.sourceId, held.meta];
        const added = expected && [expected, expected + 1, `from ${expected}`, { attempts: expected }];
        assert.deepEqual(fields, added);
      }
      expect(line.take()?.message).toBe(model[0]);
    }),
  );
});

test('an entity may be forgotten when it holds nothing and is not busy', () => {
  const entity = new Entity(3, 7, 'Kim');
  expect([entity.isVacant, entity.isBusy, entity.dirtyEpoch]).toEqual([true, false, 0]);
  entity.waiting = new WaitingLine();
  expect([entity.isVacant, entity.isBusy]).toEqual([false, true]);
  entity.waiting = undefined;
  entity.writeCell(4, null);
  expect(entity.isVacant).toBe(false);
  entity.writeCell(4, undefined);
  expect(entity.isVacant).toBe(true);
});

test('it says whether it was used in this epoch or the last, however many there have been, and whose it is all the while', () => {
  const entity = new Entity(65_534, 7, 'Kim');
  for (const epoch of [1, 2, 16_382, 16_383, 16_384, 16_385, 1_000_000, 2 ** 31 + 5]) {
    entity.use(epoch);
    const later = [0, 1, 2, 3, 100, 16_000].map((epochs) => entity.wasUsedLately(epoch + epochs));
    expect(later).toEqual([true, true, false, false, false, false]);
    expect(entity.functionIndex).toBe(65_534);
  }
});
