/**
 * Folding: the store gets the newest committed value of each entity and nothing else, and the changelog is removed no
 * sooner than the store says that it has applied it.
 */
import { expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { Fold } from '../../../src/shard/durable/fold.ts';
import type { FoldPlace } from '../../../src/shard/durable/fold-place.ts';
import type { Entity } from '../../../src/state/entity.ts';
import type { Item } from '../../../src/shard/durable/dirty-entities.ts';
import { NO_RECORD } from '../../../src/state/record-number.ts';
import { readValue } from '../../../src/state/record-reader.ts';
import { APPLIED_KEY } from '../../../src/store/key-layout.ts';
import {
  CELL,
  codec,
  DIRECTORY,
  HeldStore,
  keyOf,
  namesOf,
  newEntity,
  settle,
  SnapshotStage,
} from './durable-stage.ts';

/** So that each step does one thing. */
const SHORT_STEP_US = 1;

class FoldStage extends SnapshotStage {
  readonly store = new HeldStore();
  readonly released: Item[] = [];
  readonly fold: Fold;

  constructor(foldBytes = 1, segmentBytesMax = 1, more: Pick<FoldPlace, 'foldStepUs' | 'pace'> = {}) {
    super(segmentBytesMax);
    const { fileSystem, store, changelog, dirty, pairs } = this;
    this.fold = new Fold(
      {
        fileSystem,
        directory: DIRECTORY,
        store,
        changelog,
        dirty,
        pairs,
        baseEpoch: 0,
        foldBytes,
        ...more,
      },
      { released: (item) => void this.released.push(item), progressed: () => {} },
    );
  }

  /** An epoch that is written and not yet committed. */
  add(values: readonly (readonly [Entity, string | undefined])[]): void {
    this.fold.add(this.epoch(values));
  }

  /** The same of one in which they were encoded once before, with other values. */
  addTwice(values: readonly (readonly [Entity, string | undefined])[]): void {
    for (const [entity] of values) this.write(entity, 'before');
    while (this.goAhead() > 0);
    this.add(values);
  }

  /** Until there is nothing to do. */
  async foldAll(): Promise<void> {
    while (this.fold.hasWork || (this.fold.isWriting && !this.store.isHeld)) {
      this.fold.work();
      await settle();
    }
  }

  /** What the store holds of an entity; undefined for nothing. */
  stored(entity: Entity): unknown {
    const value = this.store.contents.get(keyOf(entity));
    if (value === undefined) return undefined;
    const copy = newEntity(entity.id, entity.functionIndex);
    readValue(codec, Buffer.from(value), 0, namesOf(entity.functionIndex), copy);
    return copy.readCell(CELL);
  }

  get applied(): string | undefined {
    const value = this.store.contents.get(Buffer.from(APPLIED_KEY).toString('latin1'));
    return value && Buffer.from(value).toString();
  }

  get segments(): number[] {
    return this.changelog.segments.map(({ segment }) => segment);
  }
}

const [a, b, c] = ['a', 'b', 'c'];

test('the store gets the newest value of each entity, removals included, and the epoch', async () => {
  const stage = new FoldStage();
  const [x, y, z] = [newEntity(a), newEntity(b, 1), newEntity(c)];
  stage.add([
    [x, 'x1'],
    [y, 'y1'],
    [z, 'z1'],
  ]);
  stage.add([
    [x, 'x2'],
    [z, undefined],
  ]);
  stage.fold.committed(2);
  await stage.foldAll();
  expect([stage.stored(x), stage.stored(y), stage.stored(z), stage.applied]).toEqual(['x2', 'y1', undefined, '2']);
  expect(stage.dirty.appliedEpoch).toBe(2);
  expect(new Set(stage.released)).toEqual(new Set([x, y, z]));
});

test('of what was encoded ahead and again the last record is folded, and each is released once', async () => {
  const stage = new FoldStage();
  const [x, y] = [newEntity(a), newEntity(b)];
  stage.addTwice([
    [x, 'x1'],
    [y, undefined],
  ]);
  expect([...stage.deltas[0].items]).toEqual([x, y, x, y]);
  stage.fold.committed(1);
  await stage.foldAll();
  expect([stage.stored(x), stage.stored(y), stage.dirty.pinnedCount]).toEqual(['x1', undefined, 0]);
  expect(stage.released).toEqual([x, y]);
  expect([x.lastRecord, y.lastRecord]).toEqual([NO_RECORD, NO_RECORD]);
});

test('what is not committed is not folded', async () => {
  const stage = new FoldStage();
  const x = newEntity(a);
  stage.add([[x, 'committed']]);
  stage.add([[x, 'not']]);
  await stage.foldAll();
  expect(stage.store.contents.size).toBe(0);
  stage.fold.committed(1);
  await stage.foldAll();
  expect([stage.stored(x), stage.applied, stage.dirty.pins(x)]).toEqual(['committed', '1', true]);
});

test('a round begins when there is enough, or when it is forced', async () => {
  const stage = new FoldStage(1 << 20);
  const x = newEntity(a);
  stage.fold.force();
  expect(stage.fold.hasWork).toBe(false);
  stage.add([[x, '1']]);
  stage.fold.committed(1);
  await stage.foldAll();
  expect(stage.stored(x)).toBe('1');
  stage.add([[x, '2']]);
  stage.fold.committed(2);
  expect(stage.fold.hasWork).toBe(false);
});

test('segments go when they are applied, but never the last committed one: it holds the messages in flight', async () => {
  const stage = new FoldStage();
  for (let epoch = 1; epoch <= 4; epoch++) stage.add([[newEntity(a), String(epoch)]]);
  expect(stage.segments).toEqual([1, 2, 3, 4]);
  stage.fold.committed(3);
  await stage.foldAll();
  expect([stage.applied, stage.segments]).toEqual(['3', [3, 4]]);
});

test('nothing is applied, removed or released before the store has written', async () => {
  const stage = new FoldStage();
  stage.store.isHeld = true;
  const x = newEntity(a);
  stage.add([[x, '1']]);
  stage.add([[newEntity(b), '1']]);
  stage.fold.committed(2);
  await stage.foldAll();
  expect([stage.fold.isWriting, stage.fold.work(), stage.dirty.appliedEpoch]).toEqual([true, 0, 0]);
  expect([stage.released, stage.segments, stage.dirty.pins(x)]).toEqual([[], [1, 2], true]);
  stage.store.release();
  await settle();
  await stage.foldAll();
  expect([stage.fold.isWriting, stage.dirty.appliedEpoch, stage.dirty.pins(x)]).toEqual([false, 2, false]);
  expect([stage.released.length, stage.segments]).toEqual([2, [2]]);
});

test('a round does not put what a later commit has anew by then', async () => {
  const stage = new FoldStage(1, 1, { foldStepUs: SHORT_STEP_US });
  const [x, y] = [newEntity(a), newEntity(b)];
  stage.add([
    [x, '1'],
    [y, '1'],
  ]);
  stage.fold.committed(1);
  stage.fold.work();
  expect([stage.fold.isUnderWay, stage.store.contents.size]).toEqual([true, 0]);
  stage.add([[x, '2']]);
  stage.fold.committed(2);
  while (stage.dirty.appliedEpoch < 1) {
    stage.fold.work();
    await settle();
  }
  expect([stage.applied, stage.stored(x), stage.stored(y)]).toEqual(['1', undefined, '1']);
  await stage.foldAll();
  expect([stage.applied, stage.stored(x), stage.dirty.pins(x)]).toEqual(['2', '2', false]);
});

test('an entity that is written while it is folded stays pinned', async () => {
  const stage = new FoldStage();
  const x = newEntity(a);
  stage.add([[x, '1']]);
  stage.fold.committed(1);
  stage.write(x, '2');
  await stage.foldAll();
  expect([stage.stored(x), stage.dirty.pins(x)]).toEqual(['1', true]);
});

test('what is folded forgets its record, and what has a later one keeps that', async () => {
  // Of so many bytes a round, both are put in one batch.
  const stage = new FoldStage(1 << 10);
  const [one, other] = [newEntity('one'), newEntity('other')];
  expect(one.lastRecord).toBe(NO_RECORD);
  stage.add([
    [one, 'a'],
    [other, 'a'],
  ]);
  stage.fold.committed(1);
  stage.store.isHeld = true;
  stage.fold.force();
  await stage.foldAll();
  stage.add([[other, 'b']]);
  stage.fold.committed(2);
  expect([one.lastRecord, other.lastRecord]).toEqual([0, 2]);
  stage.store.release();
  await settle();
  while (stage.applied !== '1' || one.lastRecord !== NO_RECORD) {
    stage.fold.work();
    await settle();
  }
  expect([stage.stored(one), stage.stored(other), other.lastRecord]).toEqual(['a', 'a', 2]);
  stage.fold.force();
  await stage.foldAll();
  expect([stage.stored(other), other.lastRecord]).toEqual(['b', NO_RECORD]);
});

test('many entities are folded in slices and batches, each of them once', async () => {
  const stage = new FoldStage();
  const entities = Array.from({ length: 9_000 }, (_, index) => newEntity(`e${index}`));
  stage.add(entities.map((entity) => [entity, 'old'] as const));
  stage.add(entities.map((entity) => [entity, entity.id] as const));
  stage.fold.committed(2);
  let workMax = 0;
  while (stage.fold.hasWork) {
    workMax = Math.max(workMax, stage.fold.work());
    await settle();
  }
  expect(workMax).toBeLessThanOrEqual(512);
  expect(stage.store.contents.size).toBe(9_002);
  expect(entities.filter((entity) => stage.stored(entity) !== entity.id)).toEqual([]);
});

/** How many steps a round of many entities takes if the clock goes on by so much each time that it is looked at. */
async function stepCount(msPerLook: number): Promise<number> {
  let nowMs = 0;
  const clock: Clock = { now: () => 0, elapsedMs: () => (nowMs += msPerLook), stampMs: () => 0 };
  const stage = new FoldStage(1 << 16, 1, { pace: { clock, share: 1 } });
  stage.add(Array.from({ length: 2_000 }, (_, index) => [newEntity(`e${index}`), 'x'] as const));
  stage.fold.committed(1);
  let steps = 0;
  for (; stage.fold.hasWork || stage.fold.isWriting; steps++) {
    stage.fold.work();
    await settle();
  }
  expect(stage.applied).toBe('1');
  return steps;
}

test('a step that takes longer than expected ends by the clock', async () => {
  const [expected, slow] = [await stepCount(0), await stepCount(1)];
  expect(slow).toBeGreaterThan(2 * expected);
});

test('a store that cannot be written fails the shard', async () => {
  const stage = new FoldStage();
  stage.store.failure = new Error('no disk');
  stage.add([[newEntity(a), '1']]);
  stage.fold.committed(1);
  stage.fold.work();
  await settle();
  expect(stage.fold.hasWork).toBe(true);
  expect(() => stage.fold.work()).toThrow('no disk');
});

test('held at an epoch, it folds that far and no farther until it is released', async () => {
  const stage = new FoldStage();
  const x = newEntity(a);
  for (const text of ['1', '2', '3']) stage.add([[x, text]]);
  stage.fold.committed(1);
  stage.fold.holdAt(2);
  stage.fold.committed(3);
  await stage.foldAll();
  expect([stage.stored(x), stage.fold.isHeld]).toEqual(['2', true]);
  stage.fold.release();
  await stage.foldAll();
  expect(stage.stored(x)).toBe('3');
});
