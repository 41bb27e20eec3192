/**
 * Records that a start leaves where they are: whoever looks for one gets what reading all of them would give, and where
 * a byte has changed, the file and the place, at once or when it is looked for.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import { Fold } from '../../../src/shard/durable/fold.ts';
import type { RecoveredRecords } from '../../../src/shard/durable/recovered-records.ts';
import { BLOCK_BYTES } from '../../../src/shard/durable/record-index-layout.ts';
import { decodeRecordIndex, RecordIndexDraft } from '../../../src/shard/durable/record-index.ts';
import { type Recovered, recoverShard } from '../../../src/shard/durable/shard-recovery.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import { NOTHING, readValue } from '../../../src/state/record-reader.ts';
import { OpenSegments } from '../../../src/store/changelog-segments.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { flips, outcome, truncations } from '../store/damage.ts';
import {
  CELL,
  codec,
  DIRECTORY,
  directory,
  HeldStore,
  keyOf,
  namesOf,
  newEntity,
  recoveredEntities,
  settle,
  SnapshotStage,
} from './durable-stage.ts';

const EVERYTHING = Number.MAX_SAFE_INTEGER;

/** With `scanBytesMax` 0 no record is read that has an index. */
function recover(
  { deltas, fileSystem }: SnapshotStage,
  scanBytesMax: number,
  disk: SimulatedFileSystem = fileSystem,
  pageCountMax?: number,
): Recovered {
  return recoverShard({
    fileSystem: disk,
    directory: DIRECTORY,
    appliedEpoch: 0,
    committed: { epoch: deltas.length, location: deltas[deltas.length - 1].location },
    codec,
    functions: directory,
    rows: new Rows(new DirtyEntities()),
    names: namesOf,
    reading: { scanBytesMax, segments: new OpenSegments(disk, DIRECTORY) },
    ...(pageCountMax === undefined ? {} : { pageCountMax }),
  });
}

/** The text of an entity, `null` where it has none any more, and its epoch; undefined if it is not found. */
function lookUp(records: RecoveredRecords, id: string): readonly [string | null, number] | undefined {
  const entity = newEntity(id);
  const key = Buffer.from(keyOf(entity), 'latin1');
  const entry = records.find(entity.hash, key, key.length);
  if (entry === -1) return undefined;
  const { bytes, valueStart, epoch } = records.record(entry);
  if (valueStart !== NOTHING) readValue(codec, bytes, valueStart, namesOf(0), entity);
  return [(entity.readCell(CELL) as string | undefined) ?? null, epoch];
}

function stageOf(epochs: readonly (readonly (readonly [string, string | undefined])[])[]): SnapshotStage {
  const stage = new SnapshotStage(1 << 20, 0);
  for (const values of epochs) {
    const newest = new Map(values);
    stage.epoch([...newest].map(([id, text]) => [newEntity(id), text] as const));
  }
  return stage;
}

const id = fc.integer({ min: 0, max: 60 }).map(String);
const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.integer({ min: 0, max: 3 * BLOCK_BYTES }).map((length) => 'x'.repeat(length)),
);
const epochs = fc.array(fc.array(fc.tuple(id, fc.option(text, { nil: undefined })), { maxLength: 60 }), {
  minLength: 1,
  maxLength: 6,
});

test('what is looked for is what reading everything gives, before they are read and after', () => {
  fc.assert(
    fc.property(epochs, fc.constantFrom(1, 3, 64, undefined), (written, pageCountMax) => {
      const stage = stageOf(written);
      const { records } = recover(stage, 0, stage.fileSystem, pageCountMax);
      const model = new Map<string, readonly [string | null, number]>();
      written.forEach((values, index) => {
        for (const [name, value] of values) model.set(name, [value ?? null, index + 1]);
      });
      const hasRecords = written.some((values) => values.length > 0);
      assert.equal(records.isLoaded, !hasRecords);
      const check = (): void => {
        for (let number = 0; number <= 60; number++) {
          assert.deepEqual(lookUp(records, String(number)), model.get(String(number)));
        }
      };
      check();
      Array.from(records.load());
      assert.equal(records.isLoaded, true);
      check();
      assert.equal(recoveredEntities(records).length, model.size);
      assert.equal(records.count, model.size);
    }),
    { numRuns: 60 },
  );
});

test('little is read at once, and so is what has no index', () => {
  const indexed = stageOf([[['a', 'one']], [['a', 'two']]]);
  expect(recover(indexed, EVERYTHING).records.isLoaded).toBe(true);
  const plain = new SnapshotStage();
  plain.epoch([[newEntity('a'), 'two']]);
  const { records } = recover(plain, 0);
  expect([records.isLoaded, lookUp(records, 'a')]).toEqual([true, ['two', 1]]);
});

test('messages in flight are read at once, those of the last epoch only', () => {
  const stage = new SnapshotStage(1 << 20, 0);
  for (const name of ['first', 'last']) {
    stage.write(newEntity(name), name);
    stage.begin();
    stage.hold('x', name);
    stage.finish();
  }
  const recovered = recover(stage, 0);
  expect(recovered.messages.decoded().map(({ message }) => message)).toEqual(['last']);
  expect([recovered.records.isLoaded, lookUp(recovered.records, 'first')]).toEqual([false, ['first', 1]]);
});

test('a round folds them once they are read', async () => {
  const stage = stageOf([
    [
      ['a', 'old'],
      ['b', 'gone'],
    ],
    [
      ['a', 'new'],
      ['b', undefined],
    ],
  ]);
  const { records } = recover(stage, 0);
  const store = new HeldStore();
  store.contents.set(keyOf(newEntity('b')), new Uint8Array(1));
  const { fileSystem, changelog, dirty, pairs } = stage;
  const fold = new Fold(
    { fileSystem, directory: DIRECTORY, store, changelog, dirty, pairs, baseEpoch: 0, foldBytes: 1 },
    { released: () => {}, progressed: () => {} },
  );
  fold.addRecovered(records);
  // They are read whether or not a round is due.
  expect([fold.hasWork, fold.isHeld]).toEqual([true, false]);
  while (fold.hasWork || fold.isWriting) {
    fold.work();
    await settle();
  }
  expect(records.isLoaded).toBe(true);
  const stored = store.contents.get(keyOf(newEntity('a')));
  expect(
    Buffer.from(stored ?? [])
      .toString('latin1')
      .slice(-3),
  ).toBe('new');
  expect(store.contents.has(keyOf(newEntity('b')))).toBe(false);
});

test('they are read at the pace of a round that nobody hurries, however many they are', () => {
  const { records } = recover(stageOf([[['a', 'one']], [['b', 'two']], [['c', 'three']]]), 0);
  const stage = new SnapshotStage();
  const { fileSystem, changelog, dirty, pairs } = stage;
  // What the clock says: whether it rests, and before and after a step.
  const next = [0, 0, 1];
  const clock = { elapsedMs: () => next.shift() ?? 1 } as Clock;
  const place = { fileSystem, directory: DIRECTORY, store: new HeldStore(), changelog, dirty, pairs, baseEpoch: 0 };
  const fold = new Fold(
    { ...place, foldBytes: 1, pace: { clock, share: 0.25 } },
    { released: () => {}, progressed: () => {} },
  );
  fold.addRecovered(records);
  expect([fold.work(), records.isLoaded]).toEqual([1, false]);
  expect([fold.hasWork, fold.restMs]).toEqual([false, 3]);
});

test('an index as bytes, wherever they lie', () => {
  const draft = new RecordIndexDraft();
  const count = 1_000;
  for (let index = 0; index < count; index++) draft.add(-index, index * 9);
  const frame = Buffer.alloc(BLOCK_BYTES * 2 + 1, 7);
  const bytes = draft.encode(frame);
  const shifted = new Uint8Array(bytes.length + 1).subarray(1);
  shifted.set(bytes);
  for (const place of [bytes, shifted]) {
    const index = decodeRecordIndex(place);
    expect([index.count, index.hashes[999], index.starts[999], index.checksums.length]).toEqual([
      1_000, -999, 8_991, 3,
    ]);
    expect(index.checksums[0]).toBe(index.checksums[1]);
    expect(index.checksums[1]).not.toBe(index.checksums[2]);
  }
});

test('every byte changed and every length: each record is what was written, or the place is told', () => {
  const stage = stageOf([
    [
      ['a', 'one'],
      ['b', 'two'],
    ],
    [['a', 'three']],
  ]);
  const [path] = stage.fileSystem.paths().filter((name) => name.startsWith(`${DIRECTORY}/`));
  const bytes = stage.fileSystem.readFile(path);
  const expected = { a: ['three', 2], b: ['two', 1] };
  let [noticed, noticedLate] = [0, 0];
  for (const { what, bytes: damagedBytes } of [...flips(bytes), ...truncations(bytes)]) {
    const disk = stage.fileSystem.clone();
    disk.writeFile(path, damagedBytes);
    const started = outcome(() => recover(stage, 0, disk).records);
    if ('damagedFile' in started) {
      assert.equal(started.damagedFile, path, what);
      noticed++;
      continue;
    }
    // Both ways to a record.
    const found = outcome(() => ({ a: lookUp(started, 'a'), b: lookUp(started, 'b') }));
    const read = outcome(() => Array.from(started.load()));
    for (const result of [found, read]) {
      if ('damagedFile' in result) assert.equal(result.damagedFile, path, what);
    }
    if ('damagedFile' in found) noticedLate++;
    else assert.deepEqual(found, expected, what);
    // What is looked up is part of what is read.
    assert.ok(!('damagedFile' in found) || 'damagedFile' in read, what);
  }
  expect(noticed).toBeGreaterThan(bytes.length);
  expect(noticedLate).toBeGreaterThan(50);
});
