/** Spill storage in memory: gives each block back once, as it was when it was written. */
import { expect, test } from 'vitest';
import { MemorySpillStorage } from '../../../src/base/spill.ts';

test('keeps a copy: what the writer does to its bytes afterwards is not seen', () => {
  const storage = new MemorySpillStorage();
  const bytes = Uint8Array.of(1, 2, 3);
  const block = storage.write(bytes);
  bytes.fill(0);
  expect([...storage.take(block, 3)]).toEqual([1, 2, 3]);
});

test('numbers its blocks, gives them back in any order, and each once', () => {
  const storage = new MemorySpillStorage();
  const blocks = [5, 6, 7].map((value) => storage.write(Uint8Array.of(value)));
  expect(storage.blocksWritten).toBe(3);
  expect([...storage.take(blocks[1], 1)]).toEqual([6]);
  expect([...storage.take(blocks[0], 1)]).toEqual([5]);
  expect(() => storage.take(blocks[0], 1)).toThrow(`spilled block ${blocks[0]} is not there`);
});

test('shows a block without giving it away', () => {
  const storage = new MemorySpillStorage();
  const block = storage.write(Uint8Array.of(4));
  expect([...storage.read(block, 1)]).toEqual([4]);
  expect([...storage.take(block, 1)]).toEqual([4]);
  expect(() => storage.read(block, 1)).toThrow('is not there');
});

test('refuses a block of another length than it was told', () => {
  const storage = new MemorySpillStorage();
  const block = storage.write(Uint8Array.of(1, 2));
  expect(() => storage.take(block, 3)).toThrow('is not there');
});

test('forgets everything', () => {
  const storage = new MemorySpillStorage();
  const block = storage.write(Uint8Array.of(1));
  storage.clear();
  expect(() => storage.take(block, 1)).toThrow('is not there');
});
