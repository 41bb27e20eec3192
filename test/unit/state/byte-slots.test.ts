/** Slots of bytes: everybody finds what he has put there, and memory is used again. */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { ByteSlots } from '../../../src/state/byte-slots.ts';

function fill(slots: ByteSlots, slot: number, byteLength: number, seed: number): void {
  slots.find(slot);
  slots.bytes.fill(seed & 0xff, slots.start, slots.start + byteLength);
}

test('whatever comes and goes, each slot keeps what is its own', () => {
  const prng = new Prng(3);
  const slots = new ByteSlots();
  const live = new Map<number, { byteLength: number; seed: number }>();
  const check = (slot: number): void => {
    const { byteLength, seed } = live.get(slot) as { byteLength: number; seed: number };
    slots.find(slot);
    const found = slots.bytes.subarray(slots.start, slots.start + byteLength);
    expect(found.equals(Buffer.alloc(byteLength, seed & 0xff))).toBe(true);
  };
  for (let step = 0; step < 20_000; step++) {
    if (prng.chance(step % 5_000 < 3_000 ? 0.7 : 0.4)) {
      // A few are larger than all classes.
      const byteLength = 1 + prng.below(prng.chance(0.05) ? 5_000 : 300);
      const slot = slots.take(byteLength);
      assert.ok(!live.has(slot), `slot ${slot} is taken twice`);
      live.set(slot, { byteLength, seed: step });
      fill(slots, slot, byteLength, step);
    } else if (live.size > 0) {
      const slot = prng.pick([...live.keys()].slice(0, 20));
      check(slot);
      slots.free(slot);
      live.delete(slot);
    }
  }
  expect(live.size).toBeGreaterThan(100);
  for (const slot of live.keys()) check(slot);
});

test('what is given back is used again, and a size that nobody uses keeps one chunk', () => {
  const slots = new ByteSlots();
  const take = (): number[] => Array.from({ length: 10_000 }, () => slots.take(100));
  const first = take();
  const busy = slots.byteLength;
  expect(busy).toBe(10 * 1024 * 128);
  for (const slot of first) slots.free(slot);
  expect(slots.byteLength).toBe(1024 * 128);
  const [large] = [slots.take(1_000_000), ...take()];
  expect(slots.byteLength).toBe(busy + 1_000_000);
  slots.free(large);
  expect(slots.byteLength).toBe(busy);
});
