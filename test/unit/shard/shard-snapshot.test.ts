/**
 * A shard's part of a checkpoint, as a recovery reads it: values as they were at the cut, messages as they were sent.
 */
import { expect, test } from 'vitest';
import { AssertionError } from '../../../src/base/assert.ts';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import { recoverShard, type Recovered } from '../../../src/shard/durable/shard-recovery.ts';
import {
  CELL,
  codec,
  DIRECTORY,
  directory,
  namesOf,
  newEntity,
  recoveredEntities,
  SnapshotStage,
} from './durable-stage.ts';

function recover(stage: SnapshotStage, epoch: number): Recovered {
  const location = stage.deltas[epoch - 1].location;
  const { fileSystem } = stage;
  const committed = { epoch, location };
  const place = { fileSystem, directory: DIRECTORY, appliedEpoch: 0, committed, codec, functions: directory };
  const rows = new Rows(new DirtyEntities());
  return recoverShard({ ...place, rows, names: namesOf });
}

function valuesOf({ records }: Recovered): Record<string, unknown> {
  return Object.fromEntries(recoveredEntities(records).map((entity) => [entity.id, entity.readCell(CELL)]));
}

test('it holds the values of the cut, whatever is written while it is encoded', () => {
  const stage = new SnapshotStage();
  const entities = Array.from({ length: 600 }, (_, index) => newEntity(`e${index}`));
  for (const entity of entities) stage.write(entity, 'at the cut');
  stage.begin();
  let index = 0;
  while (stage.snapshot.work() > 0) {
    // One that has been encoded, and one whose turn has not come.
    stage.write(entities[index++], 'later');
    stage.write(entities[entities.length - index], 'later');
  }
  stage.write(newEntity('new'), 'later');
  const recovered = recover((stage.finish(), stage), 1);
  expect(index).toBeGreaterThan(2);
  expect(Object.values(valuesOf(recovered))).toEqual(entities.map(() => 'at the cut'));
});

test('what was encoded ahead and written again has its last value, and little is left at the cut', () => {
  const stage = new SnapshotStage();
  const entities = Array.from({ length: 600 }, (_, index) => newEntity(`e${index}`));
  for (const entity of entities) stage.write(entity, 'first');
  expect([stage.goAhead(), stage.goAhead(), stage.goAhead(), stage.goAhead()]).toEqual([256, 256, 88, 0]);
  stage.write(entities[3], 'second');
  stage.write(entities[500], 'second');
  expect(stage.goAhead()).toBe(2);
  stage.write(entities[500], 'third');
  stage.write(entities[7], undefined);
  stage.begin();
  stage.write(entities[500], 'later');
  stage.write(entities[9], 'later');
  expect(stage.goAhead()).toBe(0);
  expect(stage.finish()).toBe(2);
  const { records } = recover(stage, 1);
  expect([records.recordCount, stage.deltas[0].items.length]).toEqual([604, 604]);
  const values = new Map(recoveredEntities(records).map((entity) => [entity.id, entity.readCell(CELL)]));
  const changed = ['e3', 'e500', 'e7', 'e9', 'e10'].map((id) => values.get(id));
  expect(changed).toEqual(['second', 'third', undefined, 'first', 'first']);
  expect(values.size).toBe(600);

  stage.begin();
  stage.finish();
  expect([...stage.deltas[1].items]).toEqual([entities[500], entities[9]]);
});

test('a cut gains on what is written meanwhile, however long its records are', () => {
  const stage = new SnapshotStage();
  const text = 'x'.repeat(1_000);
  for (let index = 0; index < 2_000; index++) stage.write(newEntity(`a${index}`), text);
  stage.begin();
  let newCount = 0;
  while (stage.snapshot.work() > 0) {
    for (let index = 0; index < 200; index++) stage.write(newEntity(`b${newCount++}`), text);
  }
  // By their bytes alone slices would take 65 of these records, and three times as many would come meanwhile.
  expect(newCount).toBeLessThan(1_400);
  stage.finish();
  expect(recover(stage, 1).records.recordCount).toBe(2_000);
});

test('a delta that was begun ahead is cut off when its epoch never ends', () => {
  const stage = new SnapshotStage();
  stage.epoch([[newEntity('kept'), 'x']]);
  const text = 'x'.repeat(1_000);
  for (let index = 0; index < 300; index++) stage.write(newEntity(`e${index}`), text);
  const { byteLength } = stage.changelog.segments[0];
  while (stage.goAhead() > 0);
  expect(stage.changelog.segments[0].byteLength).toBeGreaterThan(byteLength + (1 << 17));
  expect(valuesOf(recover(stage, 1))).toEqual({ kept: 'x' });
});

test('it encodes in slices, and is not written before the last one and all markers', () => {
  const stage = new SnapshotStage();
  for (let index = 0; index < 1_000; index++) stage.write(newEntity(`e${index}`), 'x');
  stage.begin();
  stage.snapshot.work();
  stage.snapshot.closeChannels();
  expect([stage.snapshot.hasWork, stage.reports.length]).toEqual([true, 0]);
  expect(stage.finish()).toBeGreaterThan(2);
  expect([stage.snapshot.hasWork, stage.reports.length]).toEqual([false, 1]);

  stage.begin();
  for (let turn = 0; turn < 5; turn++) stage.snapshot.work();
  expect([stage.snapshot.isUnderWay, stage.snapshot.hasWork]).toEqual([true, false]);
  stage.finish();
  expect(stage.reports.map(({ epoch, isNewSegment }) => [epoch, isNewSegment])).toEqual([
    [1, true],
    [2, false],
  ]);
});

test('the delta names its entities in the order of its records', () => {
  const stage = new SnapshotStage();
  const [a, b, c] = ['a', 'b', 'c'].map((id) => newEntity(id));
  stage.write(a, '1');
  stage.write(b, '1');
  stage.write(c, '1');
  stage.begin();
  stage.write(c, '2');
  stage.finish();
  expect([...stage.deltas[0].items]).toEqual([c, a, b]);
  expect(Object.keys(valuesOf(recover(stage, 1)))).toHaveLength(3);
});

test('messages in flight come back in order, with caller, meta and names', () => {
  const stage = new SnapshotStage();
  const caller = newEntity('caller');
  stage.begin();
  stage.hold('x', { number: 1 }, caller, { attempts: 2 });
  stage.hold('y', [1, 2]);
  stage.snapshot.work();
  stage.hold('x', 'last');
  stage.finish();
  const { records, ...recovered } = recover(stage, 1);
  const messages = recovered.messages.decoded();
  expect(messages.map(({ type, id, message }) => [type, id, message])).toEqual([
    [1, 'x', { number: 1 }],
    [1, 'y', [1, 2]],
    [1, 'x', 'last'],
  ]);
  expect([messages[0].sourceType, messages[0].sourceId, messages[1].sourceId]).toEqual([0, 'caller', '']);
  expect(messages.map(({ meta }) => meta)).toEqual([{ attempts: 2 }, undefined, undefined]);
  expect(records.count).toBe(0);
});

test('many messages are written in several frames, and still come back in order', () => {
  const stage = new SnapshotStage();
  stage.begin();
  const text = 'x'.repeat(20_000);
  for (let number = 0; number < 30; number++) {
    stage.hold('x', { number, text });
    stage.snapshot.work();
  }
  stage.finish();
  const messages = recover(stage, 1).messages.decoded();
  expect(messages.map(({ message }) => (message as { number: number }).number)).toEqual(messages.map((_, at) => at));
  expect(messages).toHaveLength(30);
});

test('only one is under way at a time', () => {
  const stage = new SnapshotStage();
  stage.begin();
  expect(() => stage.begin()).toThrow(AssertionError);
});
