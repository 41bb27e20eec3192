/**
 * What a recovery has found, until it is folded: the newest record of every key, whatever came of it meanwhile.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fold } from '../../../src/shard/durable/fold.ts';
import { RecoveredRecords } from '../../../src/shard/durable/recovered-records.ts';
import { Entity } from '../../../src/state/entity.ts';
import { RecordWriter } from '../../../src/state/record-writer.ts';
import {
  CELL,
  codec,
  DIRECTORY,
  HeldStore,
  keyOf,
  namesOf,
  newEntity,
  recoveredEntities,
  settle,
  unreachableRow,
  SnapshotStage,
} from './durable-stage.ts';

/** One delta each, as a recovery adds them. */
function recordsOf(
  deltas: readonly (readonly (readonly [string, string | undefined])[])[],
  pageCountMax?: number,
): RecoveredRecords {
  const records = new RecoveredRecords(pageCountMax);
  deltas.forEach((values, index) => {
    const writer = new RecordWriter(codec, 64);
    for (const [id, text] of values) {
      const entity = newEntity(id);
      if (text !== undefined) entity.writeCell(CELL, text);
      writer.write(entity, namesOf(0));
    }
    const frame = Buffer.from(writer.bytes.subarray(0, writer.length));
    records.addFrame(frame, index + 1, unreachableRow);
    records.lastEpoch = index + 1;
  });
  records.seal();
  return records;
}

const id = fc.oneof(fc.integer({ min: 0, max: 3000 }).map(String), fc.string({ minLength: 1, maxLength: 3 }));
const deltas = fc.array(fc.array(fc.tuple(id, fc.option(fc.string(), { nil: undefined })), { maxLength: 400 }), {
  maxLength: 8,
});

test('of each key the newest record is found, and no key that is not there', () => {
  fc.assert(
    fc.property(deltas, fc.constantFrom(1, 3, 64, undefined), (written, pageCountMax) => {
      const records = recordsOf(written, pageCountMax);
      const model = new Map<string, { text: string | undefined; epoch: number }>();
      written.forEach((values, index) => {
        for (const [name, text] of values) model.set(name, { text, epoch: index + 1 });
      });
      const keys = [...model.keys()].map((name) => ({ name, key: Buffer.from(keyOf(newEntity(name)), 'latin1') }));
      // Whoever is in a hurry need not wait until they are sifted.
      for (const { name, key } of keys) {
        const entry = records.find(newEntity(name).hash, key, key.length);
        expect(records.record(entry).epoch).toBe(model.get(name)?.epoch);
      }
      const found = recoveredEntities(records).map((entity) => [entity.id, entity] as const);
      expect([found.length, records.count]).toEqual([model.size, model.size]);
      for (const [name, entity] of found) {
        expect([entity.readCell(CELL), -entity.dirtyEpoch]).toEqual([model.get(name)?.text, model.get(name)?.epoch]);
        const key = Buffer.from(keyOf(newEntity(name)), 'latin1');
        expect(records.find(entity.hash, key, key.length)).not.toBe(-1);
      }
      const absent = newEntity('none of these');
      const key = Buffer.from(keyOf(absent), 'latin1');
      expect(records.find(absent.hash, key, key.length)).toBe(-1);
    }),
    { numRuns: 60 },
  );
});

test('a round puts what was found, then what came after, and releases each once', async () => {
  const stage = new SnapshotStage();
  const { fileSystem, changelog, dirty, pairs } = stage;
  const store = new HeldStore();
  const released: unknown[] = [];
  const fold = new Fold(
    { fileSystem, directory: DIRECTORY, store, changelog, dirty, pairs, baseEpoch: 0, foldBytes: 1 },
    { released: (item) => void released.push(item), progressed: () => {} },
  );
  const records = recordsOf([
    [
      ['left', 'old'],
      ['used', 'old'],
    ],
    [
      ['written', 'old'],
      ['gone', undefined],
    ],
  ]);
  store.contents.set(keyOf(newEntity('gone')), new Uint8Array(1));
  dirty.epoch = 3;
  dirty.pinnedCount = records.count;
  fold.addRecovered(records);
  const [used, written] = ['used', 'written'].map((name) => {
    const entity = newEntity(name);
    const key = Buffer.from(keyOf(entity), 'latin1');
    const entry = records.find(entity.hash, key, key.length);
    entity.dirtyEpoch = -records.record(entry).epoch;
    records.take(entry, entity);
    return entity;
  });
  stage.beginAt(3);
  const delta = stage.epoch([[written, 'new']]);
  fold.add(delta);
  fold.committed(3);
  while (fold.hasWork || fold.isWriting) {
    fold.work();
    await settle();
  }
  const stored = (name: string): string | undefined => {
    const value = store.contents.get(keyOf(newEntity(name)));
    return value && Buffer.from(value).toString('latin1').slice(-3);
  };
  expect([stored('left'), stored('used'), stored('written'), stored('gone')]).toEqual(['old', 'old', 'new', undefined]);
  expect(released).toEqual([used, written]);
  expect([dirty.pinnedCount, fold.recovered, dirty.appliedEpoch]).toEqual([0, undefined, 3]);
  expect(used).toBeInstanceOf(Entity);
});
