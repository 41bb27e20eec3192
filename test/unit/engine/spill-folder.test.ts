/**
 * What a killed engine has spilled is removed by the next one on the same data directory, and nothing else is.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SpillFolder } from '../../../src/engine/spill-folder.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-spill-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function spillInto({ path }: SpillFolder): void {
  mkdirSync(join(path, 'shard-0'), { recursive: true });
  writeFileSync(join(path, 'shard-0', '0'), 'spilled');
}

test('the next engine on a data directory removes what a killed one has left there', () => {
  const parent = scratch();
  const [killed, other, inMemory] = [
    new SpillFolder(parent, '/data/one'),
    new SpillFolder(parent, '/data/two'),
    new SpillFolder(parent, undefined),
  ];
  for (const folder of [killed, other, inMemory]) spillInto(folder);
  const next = new SpillFolder(parent, '/data/one');
  expect([killed, other, inMemory].map(({ path }) => existsSync(path))).toEqual([false, true, true]);
  expect(next.path).not.toBe(killed.path);
  // Nothing is made before somebody spills.
  expect(readdirSync(parent)).toHaveLength(2);
});

test('what somebody may still read in this process stays, and the rest goes when the engine stops', () => {
  const parent = scratch();
  const first = new SpillFolder(parent, '/data/one');
  spillInto(first);
  first.remove(true);
  const second = new SpillFolder(parent, '/data/one');
  expect(existsSync(first.path)).toBe(true);
  spillInto(second);
  second.remove(false);
  expect(existsSync(second.path)).toBe(false);
});

test('a parent that is not there is no reason to fail', () => {
  const folder = new SpillFolder(join(scratch(), 'nowhere'), '/data/one');
  folder.remove(false);
  expect(existsSync(folder.path)).toBe(false);
});
