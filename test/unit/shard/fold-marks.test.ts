/**
 * What a round looks at when it goes through its deltas for the last time.
 */
import { expect, test } from 'vitest';
import { ChunkList, numberChunks, referenceChunks } from '../../../src/shard/durable/chunk-list.ts';
import type { Item } from '../../../src/shard/durable/dirty-entities.ts';
import { FoldMarks } from '../../../src/shard/durable/fold-marks.ts';
import { NewestRecords } from '../../../src/shard/durable/newest-records.ts';
import type { WrittenDelta } from '../../../src/shard/durable/shard-snapshot.ts';
import { Entity } from '../../../src/state/entity.ts';
import type { Pair } from '../../../src/state/pair-layout.ts';
import { NO_RECORD } from '../../../src/state/record-number.ts';
import { keyBytes } from '../../../src/state/row.ts';
import { RowPairs } from '../../../src/state/row-pairs.ts';

function itemList(items: readonly Item[]): ChunkList<Item> {
  const list = new ChunkList(referenceChunks<Item>());
  for (const item of items) list.push(item);
  return list;
}

function numberList(numbers: readonly number[]): ChunkList<number> {
  const list = new ChunkList(numberChunks());
  for (const number of numbers) list.push(number);
  return list;
}

const location = { segment: 1, offsetBytes: 48, byteLength: 100, checksum: 0 };

test('of older records not even the item is read, which lies anywhere in memory', () => {
  const entities = ['a', 'b', 'c'].map((id, index) => new Entity(0, index, id));
  const read: string[] = [];
  const watched = (name: string, items: readonly Item[]): ChunkList<Item> => {
    const list = itemList(items);
    const at = list.at.bind(list);
    list.at = (index) => {
      read.push(`${name}${index}`);
      return at(index);
    };
    return list;
  };
  const replaced = [numberList([NO_RECORD, NO_RECORD, NO_RECORD]), numberList([0, 2])];
  const deltas: WrittenDelta[] = [
    {
      epoch: 1,
      location,
      items: watched('old', entities),
      firstRecord: 0,
      replaced: replaced[0],
      others: numberList([]),
    },
    {
      epoch: 2,
      location,
      items: watched('new', [entities[0], entities[2]]),
      firstRecord: 3,
      replaced: replaced[1],
      others: numberList([]),
    },
  ];
  const newest = new NewestRecords();
  for (const { firstRecord, replaced: older } of deltas) newest.add(firstRecord, older);
  newest.beginRound();
  const marks = new FoldMarks(new RowPairs(), deltas, newest, 1);
  const visited: Item[] = [];
  for (const [delta, { items }] of deltas.entries()) {
    for (let index = 0; index < items.length; ) {
      const next = marks.skip(delta, index, items.length);
      index = next > index ? next : marks.visit(delta, index, (item) => visited.push(item));
    }
  }
  expect(visited).toEqual([entities[1], entities[0], entities[2]]);
  expect(read).toEqual(['old1', 'new0', 'new1']);
});

test('a pair is told of every delta that mentioned it, and shown once', () => {
  const pairs = new RowPairs();
  const newPair = (): Pair => pairs.add(keyBytes('\0\x05first-1234'), keyBytes('\0\x05second-1234'), 1, 1);
  const pair = newPair();
  const deltas = [1, 2].map((epoch): WrittenDelta => {
    const items = itemList([pair, pair]);
    pairs.mention(pair);
    const replaced = numberList([NO_RECORD, NO_RECORD]);
    return { epoch, location, items, firstRecord: (epoch - 1) * 2, replaced, others: numberList([0]) };
  });
  pairs.leave(pair);
  pairs.letGo(pair);
  const newest = new NewestRecords();
  for (const { firstRecord, replaced } of deltas) newest.add(firstRecord, replaced);
  newest.beginRound();
  const marks = new FoldMarks(pairs, deltas, newest, 1);
  for (const delta of [1, 0]) marks.mark(delta, 0);
  const visited: Item[] = [];
  for (const delta of [0, 1]) marks.visit(delta, 0, (item) => visited.push(item));
  expect(visited).toEqual([pair]);
  // Nobody names it any more, so its number is free.
  expect(newPair()).toBe(pair);
});
