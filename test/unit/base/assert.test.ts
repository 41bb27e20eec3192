/** Assertions: they throw their own kind of error, with the words of the one who wrote them, and cost nothing else. */
import { expect, test } from 'vitest';
import { AssertionError, assert, unreachable } from '../../../src/base/assert.ts';

test('a true condition passes', () => {
  expect(() => assert(true, 'never said')).not.toThrow();
});

test('a false one throws what it was about', () => {
  expect(() => assert(false, 'the tail lies behind the head (I2)')).toThrow(
    expect.objectContaining({ name: 'AssertionError', message: 'the tail lies behind the head (I2)' }),
  );
  expect(() => assert(false, 'x')).toThrow(AssertionError);
});

test('the compiler believes an assertion', () => {
  const value: number | undefined = [1].at(0);
  assert(value !== undefined, 'there is one');
  expect(value + 1).toBe(2);
});

test('a branch that no value can reach names the value that did', () => {
  expect(() => unreachable('purple' as never, 'no such colour')).toThrow(new AssertionError('no such colour: purple'));
});
