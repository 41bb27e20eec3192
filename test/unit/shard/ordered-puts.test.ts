/**
 * Changes that are lined up by key group before they are put: the store gets what it would get without that, key group by
 * key group, in tables that hardly overlap.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrderedPuts } from '../../../src/shard/durable/ordered-puts.ts';
import { keyGroupOfKey } from '../../../src/store/key-layout.ts';

const MiB = 1 << 20;

const key = fc
  .tuple(fc.constantFrom(0, 1, 511, 512, 1_023), fc.integer({ min: 0, max: 5 }))
  .map(([group, id]) => Uint8Array.of(group >>> 8, group & 0xff, 1, id));
const value = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined });

function add(puts: OrderedPuts, name: Uint8Array, content: Uint8Array | undefined): void {
  if (content === undefined) puts.delete(name);
  else puts.put(name, content);
}

test('they come by key group, and of each key in the order in which they were added', () => {
  const puts = new OrderedPuts();
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value), { maxLength: 60 }), (changes) => {
      for (const [name, content] of changes) add(puts, name, content);
      const lines = changes.toSorted(([a], [b]) => keyGroupOfKey(a) - keyGroupOfKey(b));
      const shown = [...puts.inOrder()].map((put) => [
        Uint8Array.from(put.key),
        put.value && Uint8Array.from(put.value),
      ]);
      assert.deepEqual(shown, lines);
      assert.equal(
        puts.byteLength,
        changes.reduce((sum, [name, content]) => sum + name.length + (content?.length ?? 0), 0),
      );
      puts.clear();
      assert.deepEqual([[...puts.inOrder()].length, puts.byteLength], [0, 0]);
    }),
  );
});

test('what is added is copied', () => {
  const puts = new OrderedPuts();
  const [name, content] = [Uint8Array.of(0, 1, 1), Uint8Array.of(7)];
  puts.put(name, content);
  name.fill(0xff);
  content.fill(0);
  const [put] = puts.inOrder();
  expect([[...put.key], [...(put.value ?? [])]]).toEqual([[0, 1, 1], [7]]);
});

test('many of all lengths, longer ones than a chunk among them', () => {
  const puts = new OrderedPuts();
  const lengths = [10, MiB - 3, MiB, MiB - 4, 3 * MiB, 0, 5, 2 * MiB + 1, 1];
  const names = Array.from({ length: 3_000 }, (_, index) => Uint8Array.of(index % 4, index & 0xff, index >>> 8));
  names.forEach((name, index) => puts.put(name, new Uint8Array(lengths[index] ?? index % 50).fill(index)));
  const expected = new Map(names.map((name, index) => [name.join(), [lengths[index] ?? index % 50, index & 0xff]]));
  let count = 0;
  let lastGroup = 0;
  for (const { key: name, value: content } of puts.inOrder()) {
    count++;
    expect(keyGroupOfKey(name)).toBeGreaterThanOrEqual(lastGroup);
    lastGroup = keyGroupOfKey(name);
    const [length, fill] = expected.get(name.join()) ?? [];
    expect(content?.length).toBe(length);
    expect(content?.every((byte) => byte === fill)).toBe(true);
  }
  expect(count).toBe(names.length);
});

test('what it has shown makes room for what comes next, without new memory', () => {
  const puts = new OrderedPuts();
  const value = new Uint8Array(600_000);
  const buffers = new Set<ArrayBufferLike>();
  const fill = (round: number): void => {
    for (let index = 0; index < 20; index++)
      puts.put(Uint8Array.of(0, 1, round, index), value.fill(round * 20 + index));
    const shown = [...puts.inOrder()];
    expect(shown.map((put) => [put.key[3], put.value?.at(-1)])).toEqual(
      Array.from({ length: 20 }, (_, index) => [index, round * 20 + index]),
    );
    for (const { key } of shown) buffers.add(key.buffer);
    puts.clear();
  };
  for (let round = 0; round < 5; round++) fill(round);
  expect(buffers.size).toBeLessThanOrEqual(21);
});
