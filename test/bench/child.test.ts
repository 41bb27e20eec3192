/**
 * Processes and directories of contenders: what they answer, what becomes of a request to one that is gone, and that
 * nothing is left behind.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WalkLedger } from '../../bench/flow/walk-ledger.ts';
import type { WalkRequest } from '../../bench/flow/walk-process.ts';
import { Child } from '../../bench/harness/child.ts';
import { memoryUse } from '../../bench/harness/memory.ts';
import { Scratch } from '../../bench/harness/scratch.ts';
import type { LevelLoopOptions } from '../../bench/rival/level-loop.ts';

const PROCESS = new URL('../../bench/rival/level-loop-process.ts', import.meta.url);

function start(directory: string): Child<WalkRequest> {
  const options: LevelLoopOptions = {
    directory,
    entities: 300,
    memoryBytes: 32 << 20,
    syncIntervalMs: 100,
    batchCount: 50,
  };
  return new Child(PROCESS, options);
}

test('a process answers with numbers, and keeps what it has closed', async () => {
  const scratch = new Scratch();
  const ledger = new WalkLedger(300, 50);
  const first = start(scratch.path);
  await first.ask({ load: { from: 0, end: 170 } });
  await first.ask({ load: { from: 170, end: 300 } });
  const { seconds } = await first.ask({ walk: ledger.add(20) });
  expect(seconds).toBeGreaterThan(0);
  await first.ask('close');
  await first.kill();
  const second = start(scratch.path);
  expect(await second.ask('census')).toEqual({ sum: ledger.expectedSum });
  await second.kill();
  scratch.remove();
});

test('who asks a process that is killed is told so', async () => {
  const scratch = new Scratch();
  const child = start(scratch.path);
  const asked = child.ask('memory');
  await child.kill();
  await expect(asked).rejects.toThrow('level-loop-process.ts ended with SIGKILL.');
  await expect(child.ask('memory')).rejects.toThrow('ended with SIGKILL');
  await child.kill();
  scratch.remove();
});

test('a scratch directory goes with all that is in it', () => {
  const scratch = new Scratch();
  writeFileSync(join(scratch.path, 'data'), 'data');
  scratch.remove();
  expect(existsSync(scratch.path)).toBe(false);
  scratch.remove();
});

test('memory is counted in bytes, and mapped files are not the process’s own', () => {
  const { residentBytes, anonymousBytes } = memoryUse();
  expect(anonymousBytes).toBeGreaterThan(1 << 20);
  expect(anonymousBytes).toBeLessThanOrEqual(residentBytes * 1.2);
});
