/**
 * The table of a namespace's types: one number for one name on all threads, without a lock, whoever adds when and ends
 * where.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { allocateTypeRegistry, TYPE_COUNT_MAX, TypeRegistry } from '../../../src/wire/type-registry.ts';
import { registerAll } from './type-registry-thread.ts';

test('one number for one name, in every view of the table', () => {
  const shared = allocateTypeRegistry();
  const [one, other] = [new TypeRegistry(shared), new TypeRegistry(shared)];
  expect(one.register('a/b')).toBe(0);
  expect([other.register('号/🐎'), other.register('a/b'), one.register('号/🐎')]).toEqual([1, 0, 1]);
  expect([one.get(1), other.get(0)]).toEqual(['号/🐎', 'a/b']);
  expect(() => one.get(2)).toThrow('a type is registered before its number is used');
});

test('a table that is full takes no more, and keeps what it has', () => {
  const shared = allocateTypeRegistry();
  const names = Array.from({ length: TYPE_COUNT_MAX + 3 }, (_, index) => `n/type-${index}`);
  const numbers = registerAll({ shared, names });
  expect(numbers).toEqual(names.map((_, index) => (index < TYPE_COUNT_MAX ? index : undefined)));
  expect(new TypeRegistry(shared).get(TYPE_COUNT_MAX - 1)).toBe(`n/type-${TYPE_COUNT_MAX - 1}`);
  expect(new TypeRegistry(shared).register('n/type-7')).toBe(7);
});

test('a table without room for a long name takes a shorter one', () => {
  const registry = new TypeRegistry(allocateTypeRegistry());
  const long = (index: number): string => `n/${index} `.padEnd(256, '号');
  const names = Array.from({ length: 1_000 }, (_, index) => long(index));
  const count = names.findIndex((name) => registry.register(name) === undefined);
  expect(count).toBeGreaterThan(500);
  expect(registry.register('n/short')).toBe(count);
  expect([registry.get(count - 1), registry.get(count)]).toEqual([long(count - 1), 'n/short']);
});

test('what a thread that ended half-way has left does not count', () => {
  const shared = allocateTypeRegistry();
  expect(new TypeRegistry(shared).register('n/first')).toBe(0);
  // Room was taken, and nothing was made of it.
  Atomics.add(new Int32Array(shared), 0, 40);
  expect(registerAll({ shared, names: ['n/first', 'n/second', 'n/third'] })).toEqual([0, 1, 2]);
});

test('two threads at once get the same numbers, each name once', async () => {
  const shared = allocateTypeRegistry();
  const names = Array.from({ length: 3_000 }, (_, index) => `n/type-${index}`);
  const theirNames = [...names.slice(1_500), ...names.slice(0, 1_500).toReversed()];
  const worker = new Worker(new URL('./type-registry-thread.ts', import.meta.url), {
    workerData: { shared, names: theirNames },
  });
  await once(worker, 'message');
  const answer = once(worker, 'message') as Promise<[number[]]>;
  worker.postMessage('go');
  const ours = registerAll({ shared, names });
  const [theirs] = await answer;
  const theirsByName = new Map(theirNames.map((name, index) => [name, theirs[index]]));
  expect(names.map((name) => theirsByName.get(name))).toEqual(ours);
  expect(ours.map(Number).toSorted((a, b) => a - b)).toEqual(names.map((_, number) => number));
  const late = new TypeRegistry(shared);
  expect(ours.map((number) => late.get(number as number))).toEqual(names);
});
