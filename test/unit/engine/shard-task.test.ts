/**
 * How an engine's memory is divided over its shards, also where it does not fit into 32 bits.
 */
import { expect, test } from 'vitest';
import type { DataDirectory } from '../../../src/engine/data-directory.ts';
import { fillOptions } from '../../../src/engine/options.ts';
import { durableTask } from '../../../src/engine/shard-task.ts';

const MiB = 1024 * 1024;
const data = { shardDirectory: String, committedOf: () => undefined } as unknown as DataDirectory;

test.each([
  [16 * MiB, 1, 1 * MiB],
  [512 * MiB, 2, 16 * MiB],
  [6_000 * MiB, 2, 32 * MiB],
  [64_000 * MiB, 1, 32 * MiB],
])('%d bytes over %d shards', (memory, shardCount, foldBytes) => {
  const options = fillOptions({ module: 'file:///module.ts', memory, shardCount });
  const task = durableTask(0, 'file:///store.ts', data, options);
  expect(task.foldBytes).toBe(foldBytes);
  expect(task.segmentBytes).toBe(foldBytes / 2);
  const ringBytes = shardCount * (shardCount + 1) * options.ringCapacityBytes;
  expect(task.memoryBytes + task.cacheBytes).toBe((memory - ringBytes) / shardCount);
  expect(task.cacheBytes).toBe((task.memoryBytes + task.cacheBytes) / 4);
});

test('rings take half of it at most', () => {
  const given = { module: 'file:///module.ts', memory: 16 * MiB, shardCount: 16, ringCapacityBytes: MiB };
  const task = durableTask(0, 'file:///store.ts', data, fillOptions(given));
  expect(task.memoryBytes + task.cacheBytes).toBe(MiB / 2);
});

test('sizes on the disk can be small', () => {
  const options = fillOptions({ module: 'file:///module.ts', memory: 512 * MiB, shardCount: 2 });
  const diskSizes = { ...options.diskSizes, foldBytesMin: 10, foldBytesMax: 1_000, shardMemoryBytesMax: 4_000 };
  const task = durableTask(0, 'file:///store.ts', data, { ...options, diskSizes });
  expect(task).toMatchObject({ foldBytes: 1_000, segmentBytes: 500, cacheBytes: 1_000, memoryBytes: 3_000 });
});
