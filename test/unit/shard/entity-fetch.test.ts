/**
 * Fetching: entities come from the store in batches, each once, and a failure of the store fails the shard.
 */
import { expect, test } from 'vitest';
import { EntityFetch } from '../../../src/shard/delivery/entity-fetch.ts';
import { RecordWriter } from '../../../src/state/record-writer.ts';
import type { Entity } from '../../../src/state/entity.ts';
import { RecoveredRecords } from '../../../src/shard/durable/recovered-records.ts';
import { CELL, codec, HeldStore, keyOf, namesOf, newEntity, settle, unreachableRow } from './durable-stage.ts';

class FetchStage {
  readonly store = new HeldStore();
  readonly fetched: Entity[] = [];
  progressCount = 0;
  recovered: RecoveredRecords | undefined;
  readonly fetch: EntityFetch = new EntityFetch(this.store, () => this.recovered, codec, {
    names: namesOf,
    fetched: (entity) => void this.fetched.push(entity),
    progressed: () => void this.progressCount++,
  });

  /** Puts a value into the store, as folding does. */
  store1(entity: Entity, text: string): void {
    const copy = newEntity(entity.id, entity.functionIndex);
    copy.writeCell(CELL, text);
    const writer = new RecordWriter(codec, 64);
    writer.write(copy, namesOf(entity.functionIndex));
    const keyBytes = Buffer.byteLength(keyOf(entity), 'latin1');
    this.store.contents.set(keyOf(entity), Uint8Array.from(writer.bytes.subarray(6 + keyBytes, writer.length)));
  }
}

test('entities of one turn are fetched in one call, and get their cells', async () => {
  const stage = new FetchStage();
  const [known, unknown, other] = [newEntity('a'), newEntity('b'), newEntity('a', 1)];
  stage.store1(known, 'first');
  stage.store1(other, 'second');
  for (const entity of [known, unknown, other]) stage.fetch.want(entity);
  expect([stage.fetch.hasWork, stage.fetch.isWaiting]).toEqual([true, false]);
  stage.fetch.request();
  expect([stage.fetch.hasWork, stage.fetch.isWaiting, stage.store.readCounts]).toEqual([false, true, [3]]);
  expect(stage.fetch.work()).toBe(0);
  await settle();
  expect([stage.progressCount, stage.fetch.hasWork, stage.fetched]).toEqual([1, true, []]);
  expect(stage.fetch.work()).toBe(3);
  expect(stage.fetched).toEqual([known, unknown, other]);
  expect([known, unknown, other].map((entity) => entity.readCell(CELL))).toEqual(['first', undefined, 'second']);
  expect([stage.fetch.hasWork, stage.fetch.isWaiting, stage.fetch.work()]).toEqual([false, false, 0]);
});

test('a bounded number of calls is under way, each of a bounded number of keys; the rest comes later', async () => {
  const stage = new FetchStage();
  stage.store.isHeld = true;
  for (let index = 0; index < 3_000; index++) stage.fetch.want(newEntity(`e${index}`));
  stage.fetch.request();
  expect(stage.store.readCounts).toEqual([512, 512, 512, 512]);
  expect(stage.fetch.hasWork).toBe(false);
  stage.store.release();
  await settle();
  expect(stage.fetch.work()).toBe(2_048);
  stage.fetch.request();
  await settle();
  expect(stage.store.readCounts.slice(4)).toEqual([512, 440]);
  expect(stage.fetch.work()).toBe(952);
  expect(new Set(stage.fetched).size).toBe(3_000);
});

test('a store that cannot be read fails the shard', async () => {
  const stage = new FetchStage();
  stage.store.failure = new Error('no disk');
  stage.fetch.want(newEntity('a'));
  stage.fetch.request();
  await settle();
  expect(stage.fetch.hasWork).toBe(true);
  expect(() => stage.fetch.work()).toThrow('no disk');
});

test('what a recovery has found is not asked for, and stays needed in memory', () => {
  const stage = new FetchStage();
  const [found, removed, other] = [newEntity('found'), newEntity('removed'), newEntity('found', 1)];
  const writer = new RecordWriter(codec, 256);
  const named = newEntity('found');
  named.writeCell(CELL, 'newest');
  writer.write(named, namesOf(0));
  writer.write(removed, namesOf(0));
  const records = new RecoveredRecords();
  const frame = Buffer.from(writer.bytes.subarray(0, writer.length));
  records.addFrame(frame, 3, unreachableRow);
  records.seal();
  stage.recovered = records;
  stage.store1(removed, 'old');
  for (const entity of [found, removed, other]) stage.fetch.want(entity);
  stage.fetch.request();
  expect(stage.store.readCounts).toEqual([1]);
  expect(stage.fetch.hasWork).toBe(true);
  expect(stage.fetch.work()).toBe(2);
  expect(stage.fetched).toEqual([found, removed]);
  expect([found.readCell(CELL), found.dirtyEpoch]).toEqual(['newest', -3]);
  expect([removed.isBlank, removed.dirtyEpoch]).toEqual([true, -3]);
});
