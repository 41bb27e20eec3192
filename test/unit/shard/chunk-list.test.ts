/**
 * Lists in chunks: they are lists like others, whatever is dropped of them meanwhile, and what was dropped is used again.
 */
import { expect, test } from 'vitest';
import { ChunkList, ChunkPool, numberChunks, referenceChunks } from '../../../src/shard/durable/chunk-list.ts';

const COUNT = 10_000;

function numbers(count: number, list: ChunkList<number> = new ChunkList(numberChunks())): ChunkList<number> {
  for (let index = 0; index < count; index++) list.push(index * 3);
  return list;
}

/** A pool that counts what it has made. */
function counting(): { pool: ChunkPool<number>; made: () => number } {
  let made = 0;
  const pool = new ChunkPool<number>(
    (length) => {
      made++;
      return new Int32Array(length);
    },
    () => {},
  );
  return { pool, made: () => made };
}

test.each([0, 1, 4_095, 4_096, 4_097, COUNT])('has the %i elements that were added', (count) => {
  const list = numbers(count);
  expect(list.length).toBe(count);
  expect([...list]).toEqual(Array.from({ length: count }, (_, index) => index * 3));
  list.trim();
  expect([...list]).toEqual(Array.from({ length: count }, (_, index) => index * 3));
});

test('what is dropped before an element leaves the others where they are', () => {
  for (const trims of [false, true]) {
    const list = numbers(COUNT);
    if (trims) list.trim();
    for (let index = 0; index < COUNT; index++) {
      list.dropBefore(index);
      expect(list.at(index)).toBe(index * 3);
    }
    expect(list.length).toBe(COUNT);
    list.drop();
    expect(list.length).toBe(0);
  }
});

test('elements may be added behind ones that were dropped', () => {
  const list = numbers(COUNT);
  list.dropBefore(COUNT - 1);
  list.push(-7);
  expect([list.at(COUNT - 1), list.at(COUNT), list.length]).toEqual([(COUNT - 1) * 3, -7, COUNT + 1]);
  list.trim();
  expect([list.at(COUNT - 1), list.at(COUNT)]).toEqual([(COUNT - 1) * 3, -7]);
});

test('chunks are used again, and a short list keeps none', () => {
  const { pool, made } = counting();
  for (let round = 0; round < 5; round++) numbers(COUNT, new ChunkList(pool)).drop();
  expect(made()).toBe(3);
  const short = Array.from({ length: 100 }, () => {
    const list = numbers(10, new ChunkList(pool));
    list.trim();
    return list;
  });
  expect(made()).toBe(3);
  expect(short.every((list) => list.length === 10 && list.at(9) === 27)).toBe(true);
  for (const list of short) list.drop();
  numbers(COUNT, new ChunkList(pool)).drop();
  expect(made()).toBe(3);
});

test.each([0, 1, 100, 4_095, 4_096, 5_000])('a list of numbers of which element %i is none', (at) => {
  const pool = referenceChunks<object | number>();
  const other = { at };
  for (let round = 0; round < 3; round++) {
    const list = new ChunkList(pool);
    for (let index = 0; index < COUNT; index++) list.push(index === at ? other : index);
    expect([...list]).toEqual(Array.from({ length: COUNT }, (_, index) => (index === at ? other : index)));
    list.trim();
    list.dropBefore(at);
    expect([list.at(at), list.at(COUNT - 1), list.length]).toEqual([other, COUNT - 1, COUNT]);
    list.drop();
  }
});

test('numbers among references come back as they were, and chunks of either kind are used again', () => {
  const pool = referenceChunks<object | number>();
  const list = new ChunkList(pool);
  for (let index = 0; index < COUNT; index++) list.push(-index);
  list.drop();
  const [first, second] = [pool.takeFor(1), pool.takeFor({})];
  expect([pool.isOfNumbers(first), pool.isOfNumbers(second)]).toEqual([true, false]);
  expect(first.length).toBe(second.length);
});

test('what a dropped chunk referred to is forgotten', () => {
  const pool = referenceChunks<object>();
  const list = new ChunkList(pool);
  for (let index = 0; index < 5_000; index++) list.push({ index });
  list.drop();
  const chunk = pool.take() as unknown as readonly unknown[];
  expect(chunk.every((element) => element === undefined)).toBe(true);
});
