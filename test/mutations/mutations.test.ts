/**
 * The list of deliberate bugs is kept from rotting: each still has its one place in the code, and is still code. A few
 * quick ones are really planted; `npm run mutations` plants all.
 */
import { existsSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from '../tool.ts';
import type { Mutation } from './mutation.ts';
import { MUTATIONS } from './mutations.ts';
import { mutate, PrivateCopy } from './private-copy.ts';
import { runSuite, tryMutation } from './suite-run.ts';

const PLANTED = [
  'commit: nothing is synced',
  'recording: the mailbox is left out',
  'channel: a new envelope overtakes',
];
const LIMIT_MS = 900_000;

test('the list is long enough, and each bug has a name of its own', () => {
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(30);
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
});

test.each(MUTATIONS)('$name', (mutation: Mutation) => {
  const text = readFileSync(join(ROOT, mutation.file), 'utf8');
  const mutated = mutate(text, mutation);
  expect(mutated).not.toBe(text);
  expect(() => stripTypeScriptTypes(mutated)).not.toThrow();
  expect(mutation.suites.length).toBeGreaterThan(0);
  const files = mutation.suites.flatMap(({ args }) => args.filter((arg) => arg.endsWith('.ts')));
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

let copy: PrivateCopy | undefined;
afterAll(() => copy?.remove());

test('a suite passes, fails or hangs, and leaves nothing running', async () => {
  copy ??= new PrivateCopy();
  const leavesOneBehind =
    "require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' });";
  const outcomes = [];
  for (const script of [`${leavesOneBehind} process.exit(0)`, 'process.exit(3)', 'setInterval(() => {}, 1e6)']) {
    const isHanging = script.startsWith('setInterval');
    const suite = { name: script, args: ['-e', script] };
    outcomes.push((await runSuite(copy, suite, isHanging ? 1_000 : LIMIT_MS)).failure);
  }
  expect(outcomes).toEqual([undefined, 'exit code 3', 'hangs (1 s)']);
});

test.each(PLANTED)('%s is caught, and only when it is there', { timeout: 3 * LIMIT_MS }, async (name) => {
  copy ??= new PrivateCopy();
  const mutation = MUTATIONS.find((known) => known.name.startsWith(name));
  expect(mutation).toBeDefined();
  const { caughtBy } = await tryMutation(copy, mutation as Mutation, LIMIT_MS);
  expect(caughtBy).toBe(mutation?.suites[0].name);
  expect((await runSuite(copy, (mutation as Mutation).suites[0], LIMIT_MS)).failure).toBeUndefined();
});
