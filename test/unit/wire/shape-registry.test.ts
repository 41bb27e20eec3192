/**
 * The table of shapes: one number for one list of keys on all threads, and nobody hangs or reads nonsense whatever
 * becomes of a thread that adds to it.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { allocateShapeRegistry, SHAPE_COUNT_MAX, ShapeRegistry } from '../../../src/wire/shape-registry.ts';
import { registerAll } from './shape-registry-thread.ts';

test('the table gives one number to one list of keys, on all threads', () => {
  const shared = allocateShapeRegistry();
  const [one, other] = [new ShapeRegistry(shared), new ShapeRegistry(shared)];
  const first = one.register(['a', 'b']);
  expect(other.register(['c'])?.number).toBe(1);
  expect(other.register(['a', 'b'])?.number).toBe(first?.number);
  expect(one.get(1).keys).toEqual(['c']);
  expect(one.register([])?.keys).toEqual([]);
  expect(other.get(2).keys).toEqual([]);
  expect(() => one.get(3)).toThrow('a shape is registered before its number is used');
});

test('a table that is full registers no more, and messages go on in other forms', () => {
  const shared = allocateShapeRegistry();
  const registry = new ShapeRegistry(shared);
  const numbers = Array.from(
    { length: SHAPE_COUNT_MAX + 5 },
    (_, index) => registry.register([`key ${index}`])?.number,
  );
  expect(numbers.slice(0, 3)).toEqual([0, 1, 2]);
  expect(numbers.slice(SHAPE_COUNT_MAX)).toEqual(Array.from({ length: 5 }, () => undefined));
  expect(registry.register(['key 5'])?.number).toBe(5);
  expect(new ShapeRegistry(shared).get(SHAPE_COUNT_MAX - 1).keys).toEqual([`key ${SHAPE_COUNT_MAX - 1}`]);
});

test('a table that has no room for more text registers no more', () => {
  const registry = new ShapeRegistry(allocateShapeRegistry());
  const long = (index: number): string[] => Array.from({ length: 20 }, (_, key) => `${index} ${key} `.padEnd(250, 'é'));
  const shapes = Array.from({ length: 100 }, (_, index) => registry.register(long(index)));
  const count = shapes.findIndex((shape) => shape === undefined);
  expect(count).toBeGreaterThan(10);
  for (let index = 0; index < count; index++) expect(registry.get(index).keys).toEqual(long(index));
  expect(registry.register(['short'])?.keys).toEqual(['short']);
});

test('two threads at once get the same numbers, each shape once', async () => {
  const shared = allocateShapeRegistry();
  const keys = Array.from({ length: 300 }, (_, index) => ['kind', `key ${index}`]);
  const theirKeys = keys.toReversed();
  const worker = new Worker(new URL('./shape-registry-thread.ts', import.meta.url), {
    workerData: { shared, keys: theirKeys },
  });
  await once(worker, 'message');
  const answer = once(worker, 'message') as Promise<[number[]]>;
  worker.postMessage('go');
  const ours = registerAll({ shared, keys });
  const [theirs] = await answer;
  expect(theirs.toReversed()).toEqual(ours);
  expect(ours.toSorted((a, b) => a - b)).toEqual(keys.map((_, number) => number));
  const late = new ShapeRegistry(shared);
  for (const [index, number] of ours.entries()) expect(late.get(number).keys).toEqual(keys[index]);
});

describe('when a thread ends in the middle of adding a shape', () => {
  const { compareExchange, store } = Atomics;
  const ENDED = new Error('the thread has ended');

  afterEach(() => {
    vi.restoreAllMocks();
  });

  function end(): never {
    throw ENDED;
  }

  /** Lets a thread add a shape until it makes its `count`th atomic store, and no further. */
  function endBeforeStore(count: number): void {
    let storeCount = 0;
    vi.spyOn(Atomics, 'store').mockImplementation((...given) => {
      return ++storeCount < count ? (store as (...all: unknown[]) => never)(...given) : end();
    });
  }

  /** Where it may end: the lock is taken, the shape is written, the shape is counted. */
  const PLACES = {
    'with the lock just taken': () => {
      vi.spyOn(Atomics, 'compareExchange').mockImplementationOnce((...given) => {
        (compareExchange as (...all: unknown[]) => unknown)(...given);
        end();
      });
    },
    'before its shape is counted': () => endBeforeStore(1),
    'after its shape is counted': () => endBeforeStore(2),
  };

  /** A table with one shape and a lock that nobody will give back. */
  function leftTaken(place: keyof typeof PLACES): { shared: SharedArrayBuffer; survivor: ShapeRegistry } {
    const shared = allocateShapeRegistry();
    const survivor = new ShapeRegistry(shared);
    survivor.register(['first']);
    PLACES[place]();
    expect(() => new ShapeRegistry(shared).register(['a shape', 'with several', 'keys'])).toThrow(ENDED);
    vi.restoreAllMocks();
    return { shared, survivor };
  }

  test.each(Object.keys(PLACES) as (keyof typeof PLACES)[])('%s, nobody hangs and no more is learnt', (place) => {
    const { shared, survivor } = leftTaken(place);
    for (const registry of [survivor, new ShapeRegistry(shared)]) {
      expect(registry.register(['new'])).toBeUndefined();
      expect(registry.register(['first'])).toEqual({ number: 0, keys: ['first'] });
      expect(registry.get(0).keys).toEqual(['first']);
    }
  });

  test.each(['with the lock just taken', 'before its shape is counted'] as const)('%s, nobody sees it', (place) => {
    const { shared } = leftTaken(place);
    expect(() => new ShapeRegistry(shared).get(1)).toThrow('a shape is registered before its number is used');
  });

  test('after its shape is counted, the whole shape is seen', () => {
    const { shared, survivor } = leftTaken('after its shape is counted');
    const keys = ['a shape', 'with several', 'keys'];
    expect(survivor.register(keys)).toEqual({ number: 1, keys });
    expect(new ShapeRegistry(shared).get(1).keys).toEqual(keys);
  });

  test('an error, after which the lock is given back, leaves nothing that the next shape would be mixed with', () => {
    const shared = allocateShapeRegistry();
    const [one, other] = [new ShapeRegistry(shared), new ShapeRegistry(shared)];
    one.register(['first']);
    vi.spyOn(Atomics, 'store').mockImplementationOnce(end);
    expect(() => one.register(['a long shape', 'with several', 'keys'])).toThrow(ENDED);
    expect(other.register(['b'])).toEqual({ number: 1, keys: ['b'] });
    expect(one.register(['c', 'd'])).toEqual({ number: 2, keys: ['c', 'd'] });
    const late = new ShapeRegistry(shared);
    expect([0, 1, 2].map((number) => late.get(number).keys)).toEqual([['first'], ['b'], ['c', 'd']]);
  });
});
