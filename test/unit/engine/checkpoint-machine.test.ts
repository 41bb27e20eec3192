/**
 * The checkpoint machine: when a checkpoint is due, and the way from markers to the commit.
 */
import { beforeEach, expect, test } from 'vitest';
import { AssertionError } from '../../../src/base/assert.ts';
import type { Epoch } from '../../../src/base/brand.ts';
import { CheckpointMachine } from '../../../src/engine/checkpoint-machine.ts';
import type { SnapshotReport } from '../../../src/shard/durable/shard-snapshot.ts';

const QUIET = { isAwaited: false, isChanged: false };
const CHANGED = { isAwaited: false, isChanged: true };
const AWAITED = { isAwaited: true, isChanged: true };

let machine: CheckpointMachine;

beforeEach(() => {
  machine = new CheckpointMachine(2, 5 as Epoch, { minIntervalMs: 20, maxIntervalMs: 1_000 });
});

function report(epoch: number, segment = 1, byteLength = 0): SnapshotReport {
  return {
    epoch: epoch as Epoch,
    location: { segment, offsetBytes: 0, byteLength, checksum: 0 },
    isNewSegment: false,
  };
}

/** A whole checkpoint, for which the second of two shards writes so much. */
function makeCheckpoint(beginMs: number, byteLength = 0): void {
  const epoch = machine.begin(beginMs);
  for (const shard of [0, 1]) machine.onMarker(shard, epoch);
  for (const shard of [0, 1]) machine.onReport(shard, report(epoch, 1, byteLength * shard));
  machine.committed();
}

test('the first one is due at once, if there is a reason to make it', () => {
  expect(machine.dueInMs(0, AWAITED)).toBe(0);
  expect(machine.dueInMs(0, CHANGED)).toBe(0);
  expect(machine.dueInMs(0, QUIET)).toBe(Number.POSITIVE_INFINITY);
});

test('with somebody waiting it comes after the shortest interval, otherwise after the longest', () => {
  makeCheckpoint(100);
  expect(machine.dueInMs(103, AWAITED)).toBe(17);
  expect(machine.dueInMs(130, AWAITED)).toBe(0);
  expect(machine.dueInMs(103, CHANGED)).toBe(997);
  expect(machine.dueInMs(1_100, CHANGED)).toBe(0);
  expect(machine.dueInMs(9_000, QUIET)).toBe(Number.POSITIVE_INFINITY);
});

test('a checkpoint for which much was written gives messages as much time, but no more than the longest interval', () => {
  // 30 ms of work.
  makeCheckpoint(100, 5e6);
  expect(machine.dueInMs(110, AWAITED)).toBeCloseTo(50);
  expect(machine.dueInMs(160, AWAITED)).toBeCloseTo(0);
  makeCheckpoint(1_000, 1e9);
  expect(machine.dueInMs(1_000, AWAITED)).toBe(1_000);
});

test('a long epoch ends soon, once; a short one never does', () => {
  makeCheckpoint(100);
  const endsSoon = (nowMs: number): boolean => machine.endsSoon(nowMs, machine.dueInMs(nowMs, CHANGED));
  expect([500, 1_089, 1_090, 1_095].map(endsSoon)).toEqual([false, false, true, false]);
  makeCheckpoint(1_100);
  expect([1_500, 2_099].map(endsSoon)).toEqual([false, true]);
  expect(machine.endsSoon(9_000, machine.dueInMs(9_000, QUIET))).toBe(false);
  makeCheckpoint(9_000);
  expect(machine.endsSoon(9_015, machine.dueInMs(9_015, AWAITED))).toBe(false);
});

test('one that took long without much being written keeps nobody waiting', () => {
  makeCheckpoint(100, 1_000);
  expect(machine.dueInMs(900, AWAITED)).toBe(0);
});

test('none is due while one is being made', () => {
  const epoch = machine.begin(0);
  expect(machine.dueInMs(10_000, AWAITED)).toBe(Number.POSITIVE_INFINITY);
  expect(() => machine.begin(1)).toThrow(AssertionError);
  for (const shard of [0, 1]) machine.onMarker(shard, epoch);
  for (const shard of [0, 1]) machine.onReport(shard, report(epoch));
  expect(machine.dueInMs(10_000, AWAITED)).toBe(Number.POSITIVE_INFINITY);
});

test('from markers to the commit: who has sent its marker is an epoch ahead until all have reported', () => {
  expect(machine.begin(0)).toBe(5);
  expect([machine.epoch, machine.oldestOpenEpoch]).toEqual([6, 5]);
  machine.onMarker(1, 5 as Epoch);
  expect([machine.isAhead(0), machine.isAhead(1)]).toEqual([false, true]);
  expect(machine.onReport(1, report(5, 11))).toBeUndefined();
  machine.onMarker(0, 5 as Epoch);
  const reports = machine.onReport(0, report(5, 10));
  expect(reports?.map(({ location }) => location.segment)).toEqual([10, 11]);
  expect([machine.isAhead(0), machine.isAhead(1), machine.oldestOpenEpoch]).toEqual([false, false, 6]);
  expect(machine.isIdle).toBe(false);
  machine.committed();
  expect(machine.isIdle).toBe(true);
});

test.each<[string, () => void]>([
  ['a marker while nothing is under way', () => machine.onMarker(0, 5 as Epoch)],
  ['a commit while nothing is under way', () => machine.committed()],
  ['a marker of another epoch', () => begun().onMarker(0, 6 as Epoch)],
  ['a marker of a shard that there is not', () => begun().onMarker(2, 5 as Epoch)],
  ['a second marker', () => marked().onMarker(0, 5 as Epoch)],
  ['a report before the marker', () => begun().onReport(0, report(5))],
  ['a report of another epoch', () => marked().onReport(0, report(4))],
  ['a second report', () => reported().onReport(0, report(5))],
  ['a commit before all have reported', () => reported().committed()],
])('%s is a bug', (_, act) => {
  expect(act).toThrow(AssertionError);
});

function begun(): CheckpointMachine {
  machine.begin(0);
  return machine;
}

function marked(): CheckpointMachine {
  begun().onMarker(0, 5 as Epoch);
  return machine;
}

function reported(): CheckpointMachine {
  marked().onReport(0, report(5));
  return machine;
}

test('a reset forgets what was under way, and goes on after the last commit', () => {
  reported();
  machine.reset(4);
  expect([machine.isIdle, machine.epoch, machine.isAhead(0)]).toEqual([true, 5, false]);
  expect(machine.begin(2_000)).toBe(5);
  machine.onMarker(0, 5 as Epoch);
  expect(machine.isAhead(0)).toBe(true);
});
