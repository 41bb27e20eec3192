/**
 * Which entities a cut holds, when they are encoded, and who must stay in memory.
 */
import { expect, test } from 'vitest';
import { DirtyEntities, type Item } from '../../../src/shard/durable/dirty-entities.ts';
import type { Entity } from '../../../src/state/entity.ts';
import type { Stored } from '../../../src/state/row.ts';
import { newEntity } from './durable-stage.ts';

function write(dirty: DirtyEntities, entity: Entity): void {
  if (entity.dirtyEpoch !== dirty.epoch) dirty.touch(entity);
}

function running(): DirtyEntities {
  const dirty = new DirtyEntities();
  dirty.epoch = 1;
  return dirty;
}

test('a cut holds each entity that was written in the epoch, once, in the order of the first writes', () => {
  const dirty = running();
  const [a, b] = [newEntity('a'), newEntity('b')];
  write(dirty, b);
  write(dirty, a);
  write(dirty, b);
  expect(dirty.count).toBe(2);
  expect([...dirty.cut(() => {})]).toEqual([b, a]);
  expect([dirty.count, dirty.epoch]).toEqual([0, 2]);
  expect([dirty.isInCut(a), dirty.isInCut(b)]).toEqual([true, true]);
});

test('an entity that is about to change is encoded first, and not again', () => {
  const dirty = running();
  const entity = newEntity('a');
  const encoded: Item[] = [];
  const encode = (changing: Item): void => {
    encoded.push(changing);
    dirty.markEncoded(changing as Stored);
  };
  write(dirty, entity);
  dirty.cut(encode);
  write(dirty, entity);
  write(dirty, entity);
  expect(encoded).toEqual([entity]);
  expect(dirty.isInCut(entity)).toBe(false);
  expect([...dirty.cut(encode)]).toEqual([entity]);
});

test('an entity that was encoded, or is not in the cut, changes without further ado', () => {
  const dirty = running();
  const [encoded, other] = [newEntity('a'), newEntity('b')];
  const early: Stored[] = [];
  write(dirty, encoded);
  dirty.cut((entity) => early.push(entity as Stored));
  dirty.markEncoded(encoded);
  write(dirty, encoded);
  write(dirty, other);
  expect(early).toEqual([]);
  dirty.endCut();
  expect([dirty.isInCut(encoded), dirty.isInCut(other)]).toEqual([false, false]);
});

test('an entity is pinned from its first write until the store holds its epoch', () => {
  const dirty = running();
  const entity = newEntity('a');
  expect(dirty.pins(entity)).toBe(false);
  write(dirty, entity);
  expect(dirty.pins(entity)).toBe(true);
  dirty.cut(() => {});
  dirty.markEncoded(entity);
  dirty.endCut();
  expect(dirty.pins(entity)).toBe(true);
  dirty.appliedEpoch = 1;
  expect(dirty.pins(entity)).toBe(false);
  write(dirty, entity);
  expect(dirty.pins(entity)).toBe(true);
});

test('without a data directory nothing is ever dirty', () => {
  const dirty = new DirtyEntities();
  const entity = newEntity('a');
  expect(entity.dirtyEpoch).toBe(dirty.epoch);
  expect([dirty.pins(entity), dirty.isInCut(entity)]).toEqual([false, false]);
});
