/**
 * A disk that is full: a small file system in memory, where this process may mount one, and where it may not, writes that
 * fail from some moment on. The engine says so and ends; when there is room again, all that was acknowledged is there.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { BankLife, type Life } from './bank-life.ts';
import { BankWorld } from './bank-world.ts';
import type { CallPlan, ThreadKind } from './call-plan.ts';

function mount(...args: readonly string[]): boolean {
  try {
    execFileSync('mount', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function newWorld(): BankWorld {
  const world = new BankWorld(mkdtempSync(join(tmpdir(), 'millrace-full-')), 500, new Prng(1));
  onTestFinished(() => world.remove());
  return world;
}

/** Makes a directory a file system of a mebibyte. Returns what makes room there; undefined where nothing can be mounted. */
function mountSmall(directory: string): (() => void) | undefined {
  mkdirSync(directory);
  if (!mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory)) return undefined;
  onTestFinished(() => void execFileSync('umount', [directory]));
  return () => void mount('-o', 'remount,size=64m', directory);
}

interface Outcome {
  readonly first: Life;
  readonly second: Life;
  /** What the oracle says in the end. */
  readonly complaints: readonly string[];
}

/** Runs until there is no more room, makes room, and goes on. */
async function fillAndGoOn(
  world: BankWorld,
  isNativeFree: boolean,
  makeRoom: () => void,
  plan?: CallPlan,
): Promise<Outcome> {
  const options = { isNativeFree, shardCount: 2 };
  const first = await new BankLife(world, { ...options, ...(plan === undefined ? {} : { plans: [plan] }) }).ended();
  makeRoom();
  const second = await new BankLife(world, { ...options, transferCount: 20 }).ended();
  return { first, second, complaints: world.checkEnd(second.states) };
}

function expectNothingLost(world: BankWorld, { first, second, complaints }: Outcome): void {
  expect(first.errors.map(({ code }) => code)).toEqual(expect.arrayContaining(['SHARD_RECOVERING', 'SHARD_FAILED']));
  expect(first.errors[0]?.message).toMatch(/ENOSPC|no space/i);
  expect(second).toMatchObject({ end: 'finished', errors: [] });
  expect(complaints).toEqual([]);
  expect(world.committedCount).toBeGreaterThan(0);
  expect(world.lostCount).toBe(0);
}

describe.each([
  ['millrace', false],
  ['millrace/native-free', true],
])('%s', (_, isNativeFree) => {
  test('a disk that is really full', async ({ skip }) => {
    const world = newWorld();
    const makeRoom = mountSmall(world.savepoints.data) ?? skip('file systems cannot be mounted here');
    const outcome = await fillAndGoOn(world, isNativeFree, makeRoom);
    expect(outcome.first.end).toBe('failed');
    expectNothingLost(world, outcome);
  });

  test('a disk that is full for a few seconds', async ({ skip }) => {
    const world = newWorld();
    const makeRoom = mountSmall(world.savepoints.data) ?? skip('file systems cannot be mounted here');
    let room: NodeJS.Timeout | undefined;
    const life = await new BankLife(world, {
      isNativeFree,
      shardCount: 2,
      transferCount: 5_000,
      maxRecoveries: 10,
      onRecovering: () => (room ??= setTimeout(makeRoom, 3_000)),
    }).ended();
    expect(life.end).toBe('finished');
    // Once at least: what the attempt gives back of the disk may last until there is room.
    expect(new Set(life.errors.map(({ code }) => code))).toEqual(new Set(['SHARD_RECOVERING']));
    expect(world.checkEnd(life.states)).toEqual([]);
  });

  test.each<ThreadKind>(['main', 'worker'])('a disk that takes no more writes of a %s thread', async (thread) => {
    const plan: CallPlan = { kind: 'write', thread, nth: 40, how: 'ENOSPC', isLasting: true };
    const world = newWorld();
    const outcome = await fillAndGoOn(world, isNativeFree, () => {}, plan);
    expect(outcome.first.end).toBe('failed');
    expectNothingLost(world, outcome);
  });
});
