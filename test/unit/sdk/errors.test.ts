/**
 * Errors as users see them: a stable code, a cause, details, and a text that is short and safe whatever was given.
 */
import { expect, test } from 'vitest';
import { ERROR_CODES, MillraceError } from '../../../src/index.ts';
import { describe } from '../../../src/sdk/errors.ts';

test('an error says what happened and what happens next', () => {
  const cause = new Error('why');
  const error = new MillraceError('UNKNOWN_FUNCTION', 'The id is wrong', { cause, details: { id: '' } });
  expect(error.message).toBe('The id is wrong. Nothing was sent.');
  expect(error).toMatchObject({ name: 'MillraceError', code: 'UNKNOWN_FUNCTION', cause, details: { id: '' } });
  expect(String(error)).toBe('MillraceError: The id is wrong. Nothing was sent.');
  expect(new MillraceError('UNKNOWN_FUNCTION', 'Why?')).toMatchObject({
    message: 'Why? Nothing was sent.',
    details: {},
  });
  expect('cause' in new MillraceError('UNKNOWN_FUNCTION', 'x')).toBe(false);
});

test('codes are in capitals, named once, and each has its consequence', () => {
  expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
  for (const code of ERROR_CODES) {
    expect(code).toMatch(/^[A-Z]+(?:_[A-Z]+)+$/);
    expect(new MillraceError(code, 'What.').message).toMatch(/^What\. [A-Z].*[a-z]\.$/);
  }
});

test.each([
  ['text', '"text"'],
  ['two\nlines', '"two\\nlines"'],
  ['x'.repeat(70), `"${'x'.repeat(60)}… (70 characters)"`],
  [undefined, 'undefined'],
  [null, 'null'],
  [7n, '7'],
  [Symbol('s'), 'Symbol(s)'],
  [[1, 2], 'an array of 2'],
  [{}, 'an object'],
  [Object.create(null), 'an object'],
  [new Map(), 'an instance of Map'],
  [function named() {}, 'a function (named)'],
  [() => {}, 'a function'],
])('a value in an error is described in short: %#', (value, expected) => {
  expect(describe(value)).toBe(expected);
});
