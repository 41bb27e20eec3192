/**
 * Idempotency keys: a key is known from when it is admitted, belongs to the checkpoint of its epoch, and the oldest are
 * forgotten first.
 */
import { expect, test } from 'vitest';
import { checkIdempotencyKey, IdempotencyKeys } from '../../../src/engine/idempotency-keys.ts';

test('a key is new once, and then known with its epoch', () => {
  const keys = new IdempotencyKeys(10, []);
  expect(keys.admit('a', 3)).toBeUndefined();
  expect(keys.admit('a', 4)).toBe(3);
  expect(keys.admit('b', 4)).toBeUndefined();
});

test('keys of earlier runs are committed already', () => {
  const keys = new IdempotencyKeys(10, ['a', 'b']);
  expect([keys.admit('a', 9), keys.admit('b', 9)]).toEqual([0, 0]);
});

test('a key whose message could not be sent is new again', () => {
  const keys = new IdempotencyKeys(10, []);
  keys.admit('a', 1);
  keys.admit('b', 1);
  keys.forget('b');
  expect(keys.admit('b', 1)).toBeUndefined();
  expect(keys.endEpoch()).toEqual(['a', 'b']);
});

test('a checkpoint gets the keys of its epoch, each once', () => {
  const keys = new IdempotencyKeys(10, ['old']);
  keys.admit('a', 1);
  keys.admit('a', 1);
  expect(keys.endEpoch()).toEqual(['a']);
  keys.admit('b', 2);
  expect(keys.all()).toEqual(['old', 'a']);
  keys.committed();
  expect(keys.endEpoch()).toEqual(['b']);
  expect(keys.all()).toEqual(['old', 'a', 'b']);
});

test('after a roll-back what was not committed belongs to the epoch that goes on', () => {
  const keys = new IdempotencyKeys(10, []);
  keys.admit('committed', 1);
  keys.endEpoch();
  keys.committed();
  keys.admit('a', 2);
  keys.endEpoch();
  keys.admit('b', 3);
  keys.rollBack(2);
  expect([keys.admit('committed', 2), keys.admit('a', 2), keys.admit('b', 2)]).toEqual([1, 2, 2]);
  expect(keys.endEpoch()).toEqual(['a', 'b']);
});

test('a commit ends what a roll-back would bring back', () => {
  const keys = new IdempotencyKeys(10, []);
  keys.admit('a', 1);
  keys.endEpoch();
  keys.committed();
  keys.rollBack(2);
  expect(keys.endEpoch()).toEqual([]);
});

test('the window is bounded: the oldest key is forgotten first', () => {
  const keys = new IdempotencyKeys(3, ['a', 'b']);
  keys.admit('c', 1);
  keys.admit('d', 1);
  expect(keys.all()).toEqual(['b']);
  expect(keys.endEpoch()).toEqual(['c', 'd']);
  expect(keys.all()).toEqual(['b', 'c', 'd']);
  expect(keys.admit('a', 2)).toBeUndefined();
});

test('a key is a text that all could have written down', () => {
  expect([checkIdempotencyKey(undefined), checkIdempotencyKey('order-4711')]).toEqual([undefined, 'order-4711']);
  for (const key of [null, '', 7, new URL('http://example.com'), '\ud800', 'x'.repeat(1_025)]) {
    expect(() => checkIdempotencyKey(key), String(key)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
  }
});
