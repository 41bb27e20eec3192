/**
 * The entity table against a Map, through random additions, look-ups and removals, over hashes that like to collide:
 * with each other, with those of other functions of the same id, and around the end of the table.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Entity } from '../../../src/state/entity.ts';
import { EntityTable } from '../../../src/state/entity-table.ts';
import { EntitySlots, type TargetView } from '../../../src/state/entity-slots.ts';

/** What spreads functions of one id over the table; needed here to make collisions between functions. */
const FUNCTION_STEP = 0x9e3779b1 | 0;

interface Name {
  readonly functionIndex: number;
  readonly hash: number;
  readonly id: string;
}

const anyName: fc.Arbitrary<Name> = fc
  .record({
    functionIndex: fc.nat(2),
    home: fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(1023, 1022, 2047, -1), fc.integer()),
    id: fc.constantFrom('a', 'b', 'c', 'd', 'é'),
  })
  // Ids of one home collide with each other, and with those of the other functions.
  .map(({ functionIndex, home, id }) => ({
    functionIndex,
    hash: (home - Math.imul(functionIndex, FUNCTION_STEP)) | 0,
    id,
  }));

const keyOf = ({ functionIndex, hash, id }: Name): string => `${functionIndex} ${hash} ${id}`;

const viewOf = ({ functionIndex, hash, id }: Name): TargetView => ({
  targetType: functionIndex,
  targetHash: hash,
  targetIdEquals: (other) => other === id,
});

/** What looks an entity up must find it, both ways, and fetching ahead must change nothing. */
function checkLookUp(table: EntityTable, name: Name, expected: Entity | undefined): void {
  table.expect(name.functionIndex, name.hash);
  table.fetch();
  const found = [table.find(name.functionIndex, name.hash, name.id), table.findTarget(viewOf(name))];
  assert.ok(found[0] === expected && found[1] === expected, keyOf(name));
}

test('it is a map', () => {
  const anySteps = fc.array(fc.tuple(fc.constantFrom('add', 'add', 'remove', 'look'), anyName), {
    maxLength: 300,
    size: 'max',
  });
  fc.assert(
    fc.property(anySteps, (steps) => {
      const table = new EntityTable();
      const model = new Map<string, Entity>();
      for (const [step, name] of steps) {
        const known = model.get(keyOf(name));
        checkLookUp(table, name, known);
        if (step === 'add' && known === undefined) {
          const entity = new Entity(name.functionIndex, name.hash, name.id);
          table.add(entity);
          model.set(keyOf(name), entity);
        } else if (step === 'remove') {
          table.remove(known ?? new Entity(name.functionIndex, name.hash, name.id));
          model.delete(keyOf(name));
        }
        assert.equal(table.size, model.size);
      }
      for (const entity of model.values()) checkLookUp(table, entity, entity);
      expect(new Set(table.values())).toEqual(new Set(model.values()));
    }),
    { numRuns: 200 },
  );
});

test('it grows, and finds everything again', () => {
  const table = new EntityTable();
  const entities = Array.from(
    { length: 20_000 },
    (_, index) => new Entity(index % 3, Math.imul(index, 0x2c1b3c6d), `id-${index}`),
  );
  for (const entity of entities) table.add(entity);
  expect(table.size).toBe(entities.length);
  for (const entity of entities) checkLookUp(table, entity, entity);
  for (const [index, entity] of entities.entries()) if (index % 2 === 0) table.remove(entity);
  for (const [index, entity] of entities.entries()) checkLookUp(table, entity, index % 2 === 0 ? undefined : entity);
  expect([...table.values()]).toHaveLength(entities.length / 2);
});

test('it holds many entities of one hash', () => {
  const table = new EntityTable();
  const entities = Array.from({ length: 400 }, (_, index) => new Entity(0, -1, `id-${index}`));
  for (const entity of entities) table.add(entity);
  for (const entity of entities.toReversed()) {
    checkLookUp(table, entity, entity);
    table.remove(entity);
    checkLookUp(table, entity, undefined);
  }
  expect(table.size).toBe(0);
});

test('no addition moves more than a few others, and after a growth all have moved before the next (I10)', () => {
  const place = vi.spyOn(EntitySlots.prototype, 'place');
  const table = new EntityTable();
  const entities = Array.from(
    { length: 5_000 },
    (_, index) => new Entity(0, Math.imul(index, 0x2c1b3c6d), `id-${index}`),
  );
  for (const entity of entities) {
    const before = place.mock.calls.length;
    table.add(entity);
    expect(place.mock.calls.length - before).toBeLessThanOrEqual(9);
  }
  // Its four growths have moved 512, 1,024, 2,048 and 4,096.
  expect(place.mock.calls.length).toBeGreaterThan(entities.length + 4_000);
  place.mockRestore();
  for (const entity of entities) checkLookUp(table, entity, entity);
});

test('who sweeps while entities move sees those, too', () => {
  const table = new EntityTable();
  const entities = Array.from(
    { length: 600 },
    (_, index) => new Entity(0, Math.imul(index, 0x2c1b3c6d), `id-${index}`),
  );
  for (const entity of entities) table.add(entity);
  const seen = new Set<Entity>();
  for (let round = 0, slot = 0; round < 100; round++) {
    slot = table.sweep(slot, 64, (entity) => {
      seen.add(entity);
      return false;
    });
  }
  expect(seen.size).toBe(entities.length);
});
