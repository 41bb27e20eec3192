/**
 * What a round looks at when it goes through its deltas for the last time.
 */
import { expect, test } from 'vitest';
import type { Item } from '../../../src/shard/durable/dirty-entities.ts';
import { FoldMarks } from '../../../src/shard/durable/fold-marks.ts';
import { NewestRecords } from '../../../src/shard/durable/newest-records.ts';
import type { WrittenDelta } from '../../../src/shard/durable/shard-snapshot.ts';
import { Entity } from '../../../src/state/entity.ts';
import type { Pair } from '../../../src/state/pair-layout.ts';
import { NO_RECORD } from '../../../src/state/record-number.ts';
import { keyBytes } from '../../../src/state/row.ts';
import { RowPairs } from '../../../src/state/row-pairs.ts';

const location = { segment: 1, offsetBytes: 48, byteLength: 100, checksum: 0 };

test('of older records not even the item is read, which lies anywhere in memory', () => {
  const entities = ['a', 'b', 'c'].map((id, index) => new Entity(0, index, id));
  const read: string[] = [];
  const watched = (name: string, items: readonly Item[]): readonly Item[] =>
    new Proxy(items, {
      get(target, key) {
        if (/^\d+$/.test(String(key))) read.push(`${name}${String(key)}`);
        return Reflect.get(target, key) as unknown;
      },
    });
  const replaced = [
    [NO_RECORD, NO_RECORD, NO_RECORD],
    [0, 2],
  ];
  const deltas: WrittenDelta[] = [
    { epoch: 1, location, items: watched('old', entities), firstRecord: 0, replaced: replaced[0], others: [] },
    {
      epoch: 2,
      location,
      items: watched('new', [entities[0], entities[2]]),
      firstRecord: 3,
      replaced: replaced[1],
      others: [],
    },
  ];
  const newest = new NewestRecords();
  for (const { firstRecord, replaced: older } of deltas) newest.add(firstRecord, older);
  newest.beginRound();
  const marks = new FoldMarks(new RowPairs(), deltas, 1);
  for (const _ of deltas) marks.take(newest);
  const visited: Item[] = [];
  for (const [delta, { items }] of deltas.entries()) {
    for (let index = 0; index < items.length; ) index = marks.visit(delta, index, (item) => visited.push(item));
  }
  expect(visited).toEqual([entities[1], entities[0], entities[2]]);
  expect(read).toEqual(['old1', 'new0', 'new1']);
});

test('a pair is told of every delta that mentioned it, and shown once', () => {
  const pairs = new RowPairs();
  const newPair = (): Pair => pairs.add(keyBytes('\0\x05first-1234'), keyBytes('\0\x05second-1234'), 1, 1);
  const pair = newPair();
  const deltas = [1, 2].map((epoch): WrittenDelta => {
    const items = [pair, pair];
    pairs.mention(pair);
    const replaced = [NO_RECORD, NO_RECORD];
    return { epoch, location, items, firstRecord: (epoch - 1) * 2, replaced, others: [0] };
  });
  pairs.leave(pair);
  pairs.letGo(pair);
  const newest = new NewestRecords();
  for (const { firstRecord, replaced } of deltas) newest.add(firstRecord, replaced);
  newest.beginRound();
  const marks = new FoldMarks(pairs, deltas, 1);
  for (const _ of deltas) marks.take(newest);
  for (const delta of [1, 0]) marks.mark(delta, 0);
  const visited: Item[] = [];
  for (const delta of [0, 1]) marks.visit(delta, 0, (item) => visited.push(item));
  expect(visited).toEqual([pair]);
  // Nobody names it any more, so its number is free.
  expect(newPair()).toBe(pair);
});
