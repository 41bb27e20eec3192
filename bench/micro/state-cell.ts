/**
 * One number of an entity's state: read, add one, write.
 *
 * ```
 *   entity.readCell(0) ─▶ + 1 ─▶ entity.writeCell(0)       and the same with the seventh of eight cells
 * ```
 *
 * Rival: a property of an ordinary object. The checksum is the sum of all numbers.
 */
import { Entity } from '../../src/state/entity.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { entityIds } from '../flow/entity-ids.ts';
import { OURS } from '../harness/benchmark.ts';
import type { Batch, Suite, SuiteFile } from '../harness/micro.ts';

const ENTITY_COUNT = 1_000;
const FAR_CELL = 6;

export const suites: readonly Suite[] = [
  {
    name: 'state-cell',
    about: 'one number of an entity read and written',
    contenders: {
      [OURS]: () => cells(0),
      [`${OURS}, the seventh cell`]: () => cells(FAR_CELL),
      'property of an object': properties,
    },
  },
];

export const stateCellSuites: SuiteFile = { file: import.meta.url, suites };

function cells(cell: number): Batch {
  const entities = entityIds(ENTITY_COUNT).map((id) => {
    const entity = new Entity(0, hashId(id), id);
    entity.writeCell(cell, 0);
    return entity;
  });
  return batchOf(entities, (entity) => {
    const next = (entity.readCell(cell) as number) + 1;
    entity.writeCell(cell, next);
    return next;
  });
}

function properties(): Batch {
  return batchOf(
    entityIds(ENTITY_COUNT).map((id) => ({ id, count: 0 })),
    (object) => ++object.count,
  );
}

/** Each run adds one to each; what comes of it, less what was there before, is the same each time. */
function batchOf<Holder>(holders: readonly Holder[], addOne: (holder: Holder) => number): Batch {
  let runs = 0;
  const run = (): number => {
    let sum = 0;
    for (const holder of holders) sum += addOne(holder);
    return sum - holders.length * runs++;
  };
  return { callCount: holders.length, run, expected: holders.length };
}
