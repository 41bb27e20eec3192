/**
 * Files that nobody wrote in good faith: bombs, tricks and noise. Each is refused with a coded error, quickly, and
 * leaves no trace on any prototype.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readModuleText } from '../../../src/remote/module-yaml.ts';
import { refusalOf } from './module-yaml-refusal.ts';

const MIB = 1024 * 1024;
const V2 =
  'kind: io.statefun.endpoints.v2/http\nspec:\n  functions: shop/*\n  urlPathTemplate: http://shop/{function.name}\n';
const fill = (text: string): string => text.repeat(Math.floor(MIB / text.length));

const LAUGHS = Array.from({ length: 9 }, (_, level) => {
  const items =
    level === 0 ? Array.from({ length: 9 }, () => 'lol') : Array.from({ length: 9 }, () => `*a${level - 1}`);
  return `a${level}: &a${level} [${items.join(', ')}]\n`;
}).join('');

describe('bombs and tricks', () => {
  test.each([
    ['a billion laughs', LAUGHS, 'the alias *a0 is refused'],
    ['an alias of itself', 'kind: &a [*a]\nspec: {}\n', 'the alias *a is refused'],
    ['an alias without an anchor', 'kind: *nobody\n', 'nobody'],
    ['one alias', `${V2}x: &x 1\ny: *x\n`, 'the alias *x is refused'],
    ['a merge key', `${V2}  <<: {functions: a/b}\n`, 'merge keys are refused'],
    ['a merge key in quotes', `${V2}  "<<": {functions: a/b}\n`, 'merge keys are refused'],
    ['a merge key of YAML 1.1', `%YAML 1.1\n---\n${V2}  <<: {functions: a/b}\n`, 'merge keys are refused'],
    ['a tag of its own', `${V2}  x: !!js/function "() => 1"\n`, 'the tag "tag:yaml.org,2002:js/function" is refused'],
    ['a tag of binary data', `${V2}  x: !!binary aGk=\n`, 'the tag "tag:yaml.org,2002:binary" is refused'],
    ['a local tag', `${V2}  x: !x y\n`, 'the tag "!x" is refused'],
    ['a key with a tag', `${V2}  !x y: 1\n`, 'a key must be a plain name'],
    ['a key that is a list', `${V2}  ? [a, b]\n  : 1\n`, 'a key must be a plain name'],
    ['a key twice', `${V2}  functions: other/*\n`, 'it stands here a second time'],
    ['a key twice, once in quotes', `${V2}"kind": x\n`, 'it stands here a second time'],
    ['no YAML at all', 'kind: [a\nspec: }\n', 'no YAML'],
    ['a tab for a blank', 'spec:\n\tfunctions: a/b\n', 'no YAML'],
    ['a text and no map', 'kind', 'a document must be a map'],
    ['a number', '7', 'a document must be a map'],
  ])('%s', (_, text, what) => {
    expect(refusalOf(text)?.message).toContain(what);
  });

  test.each([
    ['brackets', fill('['), 'nests brackets more than 32 deep'],
    ['maps in maps', fill('{a: '), 'nests brackets more than 32 deep'],
    ['maps in maps, under a value', `spec: ${'{a: '.repeat(33)}`, 'nests brackets more than 32 deep'],
    ['lists in lists', fill('- '), 'indented by more than 128 columns'],
    ['keys in keys', fill('? '), 'indented by more than 128 columns'],
    ['stairs', Array.from({ length: 1_000 }, (_, at) => `${' '.repeat(at)}a:\n`).join(''), 'indented by more than 128'],
    ['items', fill('- a\n'), 'more than 100000 tokens'],
    ['documents', fill('---\n'), 'more than 100000 tokens'],
    ['anchors', fill('- &a b\n'), 'more than 100000 tokens'],
    ['tags', fill('- !x b\n'), 'more than 100000 tokens'],
    ['comments', fill('#\n'), 'more than 100000 tokens'],
    ['directives', fill('%FOO x\n'), 'more than 100000 tokens'],
    ['one byte too many', fill('a'.repeat(1024)) + 'a', 'more than 1048576 bytes'],
    ['few letters of many bytes', '\u20ac'.repeat(400_000), 'more than 1048576 bytes'],
  ])('very many %s are refused before they are parsed', (_, text, what) => {
    const start = performance.now();
    expect(refusalOf(text)?.message).toContain(what);
    expect(performance.now() - start).toBeLessThan(60_000);
  });

  test.each([
    ['keys', Array.from({ length: 14_000 }, (_, at) => `k${at}: 1\n`).join('')],
    ['items', '- a\n'.repeat(19_000)],
    ['mistakes', 'a: b: c\n'.repeat(9_000)],
    ['braces', '}\n'.repeat(40_000)],
    ['documents', '---\n'.repeat(40_000)],
    ['anchors', '- &a b\n'.repeat(14_000)],
    ['lines of one text', `a: >\n${'  b\n'.repeat(200_000)}`],
    ['letters', 'a'.repeat(MIB)],
    ['escapes', `"${'\\n'.repeat(500_000)}"`],
  ])('as many %s as get past the guard are read in time', (_, text) => {
    const start = performance.now();
    refusalOf(text);
    expect(performance.now() - start).toBeLessThan(60_000);
  });
});

test('no key reaches a prototype', () => {
  const names = Object.getOwnPropertyNames(Object.prototype);
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const { warnings } = readModuleText(`${V2}  ${key}: {polluted: true}\n`, 'module.yaml');
    expect(warnings).toMatchObject([{ path: `spec.${key}` }]);
    expect(refusalOf(`kind: ${key}\nspec: {}\n`)?.message).toContain(`there is no kind "${key}"`);
  }
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(names);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

/** Pieces of which a file may be made: more mistakes per letter than noise would have. */
const PIECES = [
  'kind: ',
  'spec:\n',
  '  functions: ',
  'a/*',
  'a/b',
  '\n',
  '  ',
  '- ',
  '? ',
  ': ',
  '---\n',
  '...\n',
  '{',
  '}',
  '[',

  ']',
  ',',
  '&a ',
  '*a',
  '<<: ',
  '!!str ',
  '!x ',
  '"',
  "'",
  '|\n',
  '>-\n',
  '#',
  '%YAML 1.1\n',
  '\t',
  '\\',
  '\u0000',
  'null',
  '~',
  '0x1f',
  '1e999',
  '.inf',
  '10s',
  'io.statefun.endpoints.v2/http',
  'io.statefun.kafka.v1/ingress',
  'version: "3.0"\n',
  'module:\n',
  '  topics:\n',
  '    - topic: t\n',
  '__proto__: ',
  '\uFEFF',
  '\ud800',
  '\u2028',
];

/** Read, or refused with places that exist; anything else is thrown. */
function isReadOrRefused(text: string): boolean {
  return (refusalOf(text)?.findings ?? []).every(({ line, column }) => line >= 1 && column >= 1);
}

test('whatever is written is read or refused, and nothing else happens', () => {
  const pieces = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 40 });
  const holds = fc.check(
    fc.property(pieces, (parts) => isReadOrRefused(parts.join(''))),
    { numRuns: 3_000, seed: 5 },
  );
  expect(holds.failed, fc.defaultReportMessage(holds)).toBe(false);
});

test('a good file with a few letters changed is read or refused', () => {
  const good = `${V2}  transport: {type: io.statefun.transports.v1/async, call: 5 min}\n---\nkind: io.statefun.kafka.v1/ingress\nspec:\n  id: a/b\n  address: x\n  consumerGroupId: y\n  topics:\n    - topic: t\n      valueType: a/T\n      targets:\n        - a/b\n  startupPosition:\n    type: date\n    date: 2026-02-01 04:15:00.000 +0000\n`;
  const change = fc.tuple(fc.nat(good.length), fc.constantFrom(...PIECES, ''), fc.nat(3));
  const holds = fc.check(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let text = good;
      for (const [at, piece, removed] of changes) text = text.slice(0, at) + piece + text.slice(at + removed);
      return isReadOrRefused(text);
    }),
    { numRuns: 2_000, seed: 5 },
  );
  expect(holds.failed, fc.defaultReportMessage(holds)).toBe(false);
});
