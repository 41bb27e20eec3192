/**
 * Whether random trees are what they are drawn for: all kinds of commands, many of them, in trees that end.
 */
import { expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { settingOf } from '../sim/setting.ts';
import type { Command } from './command-tree.ts';
import { TreeGenerator } from './tree-generator.ts';
import { Model } from './tree-model.ts';
import { WHOLE_OPTIONS } from './tree-options.ts';

function countInto(counts: Map<string, number>, commands: readonly Command[]): void {
  for (const command of commands) {
    counts.set(command.do, (counts.get(command.do) ?? 0) + 1);
    if ('commands' in command) countInto(counts, command.commands);
  }
}

const KINDS =
  'again answer append async bare begin cancel delete egress fade fail fuse ghost increment knock later misfit put reply reverse schedule send stray stumble take tally walk';

test('the trees of the simulation have commands of every kind', () => {
  const counts = new Map<string, number>();
  const model = new Model();
  for (let seed = 1; seed <= 300; seed++) {
    const { trees, rootCount } = settingOf(seed);
    const generator = new TreeGenerator(new Prng(seed), trees);
    for (let index = 0; index < rootCount; index++) {
      const root = generator.root();
      countInto(counts, root.commands);
      model.add(root);
    }
  }
  expect([...counts.keys()].toSorted().join(' ')).toBe(KINDS);
  expect(Math.min(...counts.values())).toBeGreaterThan(100);
  // Some ten thousand seeds are to run in a few minutes.
  expect(model.invocationCount / 300).toBeLessThan(80);
});

test('so have those on real threads, but for what they cannot wait for or know the time of', () => {
  const counts = new Map<string, number>();
  const generator = new TreeGenerator(new Prng(1), WHOLE_OPTIONS);
  for (let index = 0; index < 20_000; index++) countInto(counts, generator.root().commands);
  expect([...counts.keys()].toSorted().join(' ')).toBe(KINDS.replace(/fade |later /g, ''));
  expect(Math.min(...counts.values())).toBeGreaterThan(100);
});
