/** What selects dead letters: patterns and moments. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { patternTest, portableFilter } from '../../../src/sdk/dead-letter.ts';

test.each([
  ['*', ['', 'a', 'a\nb'], []],
  ['shop/*', ['shop/', 'shop/cart', 'shop/a/b'], ['shop', 'ashop/x']],
  ['id-1?', ['id-10', 'id-1x'], ['id-1', 'id-100']],
  ['*.x[1]', ['a.x[1]', '.x[1]'], ['axx1', 'a.x1']],
  ['plain', ['plain'], ['plain ', 'Plain']],
  [String.raw`what\?`, ['what?'], ['whats', String.raw`what\?`]],
  [String.raw`\*\\*`, [String.raw`*\ `, '*\\'], ['a\\', '*']],
  [String.raw`a\b`, [String.raw`a\b`], ['ab']],
] as const)('the pattern %s', (pattern, matching, others) => {
  const isMeant = patternTest(pattern);
  expect(matching.filter((text) => !isMeant(text))).toEqual([]);
  expect(others.filter((text) => isMeant(text))).toEqual([]);
});

test('text without *, ? and \\ stands for itself, whatever it is, and any text does that is escaped', () => {
  const literal = fc.string().filter((text) => !/[*?\\]/.test(text));
  fc.assert(
    fc.property(literal, literal, (one, other) => {
      expect(patternTest(one)(one)).toBe(true);
      expect(patternTest(one)(other)).toBe(one === other);
      expect(patternTest(`${one}*`)(one + other)).toBe(true);
    }),
  );
  const special = fc.string({ unit: fc.constantFrom('*', '?', '\\', 'a', '.') });
  const escaped = (text: string): string => text.replaceAll(/[*?\\]/g, String.raw`\$&`);
  fc.assert(
    fc.property(special, special, (one, other) => {
      expect(patternTest(escaped(one))(other)).toBe(one === other);
      expect(patternTest(`${escaped(one)}*`)(one + other)).toBe(true);
    }),
  );
});

const invalid: unknown = expect.objectContaining({ code: 'INVALID_FILTER' });

test('a field that no filter has is refused, since without it more would be selected', () => {
  const drop = (filter: object) => (): unknown => portableFilter(filter);
  expect(drop({ typ: 'shop/*' })).toThrow(invalid);
  expect(drop({ typ: 'shop/*' })).toThrow('A filter has no field "typ"; its fields are type, id, error, from, to.');
  expect(drop({ type: 'shop/*', limit: 5 })).toThrow(invalid);
  expect(drop({ typ: undefined })()).toEqual(portableFilter({}));
});

test('what was meant for a list of ids is no filter', () => {
  async function* letters(): AsyncGenerator<string> {
    yield 'id';
  }
  for (const mistaken of [letters(), Promise.resolve(['id'])]) {
    expect(() => portableFilter(mistaken as object)).toThrow(invalid);
  }
});

test('a filter without fields selects all, and moments may be dates', () => {
  expect(portableFilter({})).toEqual({ type: '*', id: '*', error: '*', from: 0, to: Number.MAX_SAFE_INTEGER });
  expect(portableFilter({ from: new Date(5), to: 7 })).toMatchObject({ from: 5, to: 7 });
  expect(() => portableFilter({ to: new Date('never') })).toThrow(invalid);
});
