/**
 * What a shard takes up again: the newest committed values that the store does not hold, and the messages in flight at
 * the last commit, whatever module reads them.
 */
import { expect, test } from 'vitest';
import { defineFunction, defineModule, value } from '../../../src/index.ts';
import { Directory } from '../../../src/shard/function-binding.ts';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import { recoverShard, type Recovered } from '../../../src/shard/durable/shard-recovery.ts';
import { recordNames } from '../../../src/state/record-writer.ts';
import { CELL, codec, DIRECTORY, directory, newEntity, recoveredEntities, SnapshotStage } from './durable-stage.ts';

function recover(stage: SnapshotStage, appliedEpoch: number, functions = directory): Recovered {
  const epoch = stage.deltas.length;
  const committed = epoch === 0 ? undefined : { epoch, location: stage.deltas[epoch - 1].location };
  const names = functions.bindings.map(({ type, shape }) => recordNames(type, shape.cellNames));
  const { fileSystem } = stage;
  const place = { fileSystem, directory: DIRECTORY, appliedEpoch, committed, codec, functions };
  const rows = new Rows(new DirtyEntities());
  return recoverShard({ ...place, rows, names: (index) => names[index] });
}

/** A module whose first function has gone and whose second has another number and another state beside the old one. */
function changedModule(): Directory {
  const changed = defineFunction({
    type: 'test/second',
    state: { added: value({ initial: 7 }), name: value<string>() },
    invoke: () => {},
  });
  const other = defineFunction({ type: 'test/other', invoke: () => {} });
  return new Directory(defineModule({ functions: [other, changed] }));
}

function idsOf({ records }: Recovered): string[] {
  return recoveredEntities(records)
    .map(({ id }) => id)
    .toSorted();
}

test('a new directory holds nothing', () => {
  const recovered = recover(new SnapshotStage(), 0);
  expect([recovered.records.isEmpty, recovered.records.count, recovered.messages.decoded()]).toEqual([true, 0, []]);
});

test('deltas lie over each other, the newest on top; a removal leaves a blank that must reach the store', () => {
  const stage = new SnapshotStage();
  const [a, b, c] = ['a', 'b', 'c'].map((id) => newEntity(id));
  stage.epoch([
    [a, 'a1'],
    [b, 'b1'],
    [c, 'c1'],
  ]);
  stage.epoch([
    [a, 'a2'],
    [c, undefined],
  ]);
  const recovered = recover(stage, 0);
  const found = Object.fromEntries(recoveredEntities(recovered.records).map((entity) => [entity.id, entity]));
  expect([found['a'].readCell(CELL), found['b'].readCell(CELL), found['c'].isBlank]).toEqual(['a2', 'b1', true]);
  // As after an encoding, in the run's own count.
  expect([found['a'].dirtyEpoch, found['b'].dirtyEpoch, found['c'].dirtyEpoch]).toEqual([-2, -1, -2]);
  const { count, recordCount, lastEpoch } = recovered.records;
  expect([count, recordCount, lastEpoch]).toEqual([3, 5, 2]);
});

test('what the store has applied is not read, and the run counts from there', () => {
  const stage = new SnapshotStage();
  stage.epoch([[newEntity('a'), '1']]);
  stage.epoch([[newEntity('b'), '2']]);
  stage.epoch([[newEntity('c'), '3']]);
  const recovered = recover(stage, 2);
  expect([idsOf(recovered), recovered.records.lastEpoch]).toEqual([['c'], 1]);
});

test('only the messages of the last commit are in flight, even when all else is applied', () => {
  const stage = new SnapshotStage();
  for (const id of ['first', 'last']) {
    stage.write(newEntity(id), id);
    stage.begin();
    stage.hold('x', id);
    stage.finish();
  }
  for (const applied of [0, 1, 2]) {
    const recovered = recover(stage, applied);
    expect(recovered.messages.decoded().map(({ message }) => message)).toEqual(['last']);
    expect(recovered.records.count).toBe(2 - applied);
  }
});

test('what was written after the last commit is cut off', () => {
  const stage = new SnapshotStage();
  stage.epoch([[newEntity('a'), '1']]);
  const path = stage.fileSystem.paths().find((name) => name.startsWith(`${DIRECTORY}/`)) ?? '';
  const byteLength = stage.fileSystem.readFile(path).length;
  stage.epoch([[newEntity('b'), '2']]);
  stage.deltas.pop();
  expect(idsOf(recover(stage, 0))).toEqual(['a']);
  expect(stage.fileSystem.readFile(path).length).toBe(byteLength);
});

test('records and messages find their function by name; states that were added have their initial values', () => {
  const stage = new SnapshotStage();
  stage.write(newEntity('gone', 0), 'gone');
  stage.write(newEntity('kept', 1), 'kept');
  stage.begin();
  stage.hold('kept', 'hello', newEntity('gone', 0));
  stage.finish();
  const functions = changedModule();
  const recovered = recover(stage, 0, functions);
  const [kept] = recoveredEntities(recovered.records, functions);
  expect([kept.id, kept.functionIndex, kept.readCell(0), kept.readCell(1)]).toEqual(['kept', 1, undefined, 'kept']);
  // What belongs to a function that has gone still has to reach the store.
  expect(recovered.records.count).toBe(2);
  // A caller that the module does not have cannot be answered: nobody sent it.
  expect(recovered.messages.decoded()).toMatchObject([{ type: 1, id: 'kept', message: 'hello', sourceType: 0xffff }]);
});

test('messages to a function that has gone are for somebody unknown, with the names of both, until it comes back', () => {
  const stage = new SnapshotStage();
  stage.begin();
  stage.hold('x', 'hello', newEntity('sender', 0), { attempts: 2 });
  stage.hold('y', 'nobody sent this');
  stage.finish();
  const none = new Directory(defineModule({ functions: [defineFunction({ type: 'test/third', invoke: () => {} })] }));
  const unknown = { type: 0xfffd, sourceType: 0xffff };
  const from = { type: 'test/first', id: 'sender' };
  expect(recover(stage, 0, none).messages.decoded()).toMatchObject([
    { ...unknown, id: 'x', message: 'hello', meta: { attempts: 2, to: 'test/second', from } },
    { ...unknown, id: 'y', message: 'nobody sent this', meta: { to: 'test/second' } },
  ]);
  expect(recover(stage, 0).messages.decoded()).toMatchObject([
    { type: 1, sourceType: 0, meta: { attempts: 2 } },
    { type: 1, sourceType: 0xffff, meta: undefined },
  ]);
});

test('messages to somebody unknown are for whom has that name by now', () => {
  const stage = new SnapshotStage();
  stage.begin();
  stage.hold('x', 'hello', undefined, { to: 'test/first', attempts: 1 }, 0xfffd);
  stage.hold('y', 'still nobody', undefined, { to: 'other/type' }, 0xfffd);
  stage.finish();
  expect(recover(stage, 0).messages.decoded()).toMatchObject([
    { type: 0, id: 'x', message: 'hello', meta: { attempts: 1 } },
    { type: 0xfffd, id: 'y', message: 'still nobody', meta: { to: 'other/type' } },
  ]);
  expect(recover(stage, 0).messages.decoded()[0].meta).toEqual({ attempts: 1 });
});

test('a message to no id stays for nobody, although the module knows the type', () => {
  const stage = new SnapshotStage();
  stage.begin();
  stage.hold('', 'hello', newEntity('sender', 0), { to: 'test/first' }, 0xfffd);
  stage.finish();
  const unknown = { type: 0xfffd, id: '', message: 'hello', sourceType: 0, meta: { to: 'test/first' } };
  expect(recover(stage, 0).messages.decoded()).toMatchObject([unknown]);
});

test('nor does one whose type has its number again, as a savepoint gives it', () => {
  const stage = new SnapshotStage();
  stage.begin();
  stage.hold('', 'hello', newEntity('sender', 0), undefined, 0);
  stage.finish();
  expect(recover(stage, 0).messages.decoded()).toMatchObject([{ type: 0xfffd, id: '', message: 'hello' }]);
});
