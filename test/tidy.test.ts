/**
 * Tidy is a test. The first half checks the house; the second half plants small bad trees and checks that the checker
 * refuses each of them, since a check that never fails is no check.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkTree } from './tidy/check.ts';
import { EXCEPTIONS } from './tidy/exceptions.ts';
import { formatViolation, RULES, type Rule } from './tidy/violation.ts';

const ROOT = join(import.meta.dirname, '..');

test('the house is tidy', () => {
  expect(checkTree(ROOT, EXCEPTIONS).map(formatViolation).join('\n')).toBe('');
});

const DOOR = '/** A file of the canary. */\n';
const GOOD = {
  'package.json': '{ "dependencies": { "msgpackr": "1" } }',
  'src/base/a.ts': `${DOOR}export type A = number;\n`,
  'src/ring/b.ts': `${DOOR}import type { A } from '../base/a.ts';\nexport const b: A = 1; // setTimeout\n`,
  'src/wire/c.ts': `${DOOR}import 'node:fs';\nimport { pack } from 'msgpackr/pack';\nexport const c = [pack, "import './x'"];\n`,
  'src/index.ts': `${DOOR}export { b } from './ring/b.ts';\n`,
  'native-free/index.ts': `${DOOR}export { b } from '../src/ring/b.ts';\n`,
};

interface Canary {
  readonly why: string;
  readonly rule: Rule;
  readonly files: Readonly<Record<string, string>>;
  readonly exceptions?: Readonly<Record<string, number>>;
}

const statements = (count: number): string => 'void 0;\n'.repeat(count);
const longFunction = `${DOOR}export function long(): void {\n${statements(70)}}\n`;

const CANARIES: readonly Canary[] = [
  { why: 'a higher floor', rule: 'floor', files: { 'src/base/x.ts': `${DOOR}import '../ring/b.ts';` } },
  {
    why: 'a higher floor, in a type',
    rule: 'floor',
    files: { 'src/sdk/x.ts': `${DOOR}export type X = import('../ring/b.ts').B;` },
  },
  {
    why: 'a higher floor, when called',
    rule: 'floor',
    files: { 'src/sdk/x.ts': `${DOOR}await import('../ring/b.ts');` },
  },
  {
    why: 'a higher floor, passed on',
    rule: 'floor',
    files: { 'src/sdk/x.ts': `${DOOR}export type { b } from '../ring/b.ts';` },
  },
  { why: 'a room on the same floor', rule: 'floor', files: { 'src/keys/x.ts': `${DOOR}import '../ring/b.ts';` } },
  { why: 'an around room in another', rule: 'floor', files: { 'src/http/x.ts': `${DOOR}import '../cli/x.ts';` } },
  { why: 'a test', rule: 'floor', files: { 'src/engine/x.ts': `${DOOR}import '../../test/y.ts';` } },
  { why: 'a file outside', rule: 'floor', files: { 'src/engine/x.ts': `${DOOR}import '../../y.ts';` } },
  { why: 'a folder without a floor', rule: 'room', files: { 'src/attic/x.ts': DOOR } },
  { why: 'a loose file in src', rule: 'room', files: { 'src/x.ts': DOOR } },
  {
    why: 'two files that import each other',
    rule: 'cycle',
    files: {
      'src/io/x.ts': `${DOOR}import './y.ts';`,
      'src/io/y.ts': `${DOOR}import type { X } from './x.ts';\nexport type Y = X;`,
    },
  },
  { why: 'a second importer', rule: 'single-importer', files: { 'src/wire/x.ts': `${DOOR}import 'msgpackr';` } },
  { why: 'an undeclared package', rule: 'dependency', files: { 'src/wire/x.ts': `${DOOR}import '@a/b/c';` } },
  { why: 'a builtin without node:', rule: 'dependency', files: { 'src/wire/x.ts': `${DOOR}import 'fs';` } },
  { why: 'an empty name', rule: 'name', files: { 'src/wire/key-utils.ts': DOOR } },
  { why: 'an empty name in camel case', rule: 'name', files: { 'src/wire/keyHelper.ts': DOOR } },
  { why: 'an empty folder name', rule: 'name', files: { 'native-free/common/x.ts': DOOR } },
  { why: 'no opening paragraph', rule: 'opening', files: { 'src/wire/x.ts': 'export {};' } },
  { why: 'wall-clock time', rule: 'word', files: { 'src/engine/x.ts': `${DOOR}void Date.now();` } },
  { why: 'chance', rule: 'word', files: { 'native-free/x.ts': `${DOOR}void Math.random();` } },
  { why: 'a BigInt on the hot path', rule: 'word', files: { 'src/channel/x.ts': `${DOOR}void BigInt(1);` } },
  { why: 'a timer in a shard', rule: 'word', files: { 'src/shard/x.ts': `${DOOR}setTimeout(() => {}, 1);` } },
  { why: 'a long file', rule: 'file-length', files: { 'src/io/x.ts': DOOR + statements(260) } },
  { why: 'a long function', rule: 'function-length', files: { 'src/io/x.ts': longFunction } },
  {
    why: 'a function that outgrew its exception',
    rule: 'function-length',
    files: { 'src/io/x.ts': longFunction },
    exceptions: { 'src/io/x.ts#long': 71 },
  },
  {
    why: 'an exception that is too generous',
    rule: 'stale-exception',
    files: { 'src/io/x.ts': longFunction },
    exceptions: { 'src/io/x.ts#long': 73 },
  },
  { why: 'an exception that nothing needs', rule: 'stale-exception', files: {}, exceptions: { 'src/io/x.ts': 300 } },
  { why: 'a new top-level file', rule: 'top-level', files: { 'biome.json': '{}' } },
];

describe('the tidy checks', () => {
  test('accept a good tree', () => {
    expect(checkTree(plant(GOOD), {})).toEqual([]);
  });

  test('accept an exact exception', () => {
    const root = plant({ ...GOOD, 'src/io/x.ts': longFunction });
    expect(checkTree(root, { 'src/io/x.ts#long': 72 })).toEqual([]);
  });

  test.each(CANARIES)('refuse $why', ({ rule, files, exceptions = {} }) => {
    const violations = checkTree(plant({ ...GOOD, ...files }), exceptions);
    expect(violations.map((violation) => violation.rule)).toEqual([rule]);
    expect(violations.map(formatViolation)).toEqual([expect.stringMatching(/: |, or /)]);
  });

  test('have a canary for every rule', () => {
    expect(new Set(CANARIES.map(({ rule }) => rule))).toEqual(new Set(RULES));
  });
});

function plant(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'tidy-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
