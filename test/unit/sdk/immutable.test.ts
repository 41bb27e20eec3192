/**
 * Freezing state values: every level, with maps, sets and dates that refuse to change, and nothing that reads them slower
 * or wrong afterwards.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deepFreeze } from '../../../src/sdk/immutable.ts';
import { copyMessage } from '../../../src/wire/structured-data.ts';
import { anyMessage, asReceived } from '../wire/messages.ts';

describe('a frozen value', () => {
  const attempts: [string, (value: { [name: string]: never }) => unknown][] = [
    ['an object', (value) => Object.assign(value['object'], { a: 2 })],
    ['a nested object', (value) => ((value['object'] as { deep: { b: number } }).deep.b = 2)],
    ['an array', (value) => (value['list'] as number[]).push(4)],
    ['an object in an array', (value) => ((value['list'] as unknown as { c: number }[])[2].c = 9)],
    ['a map', (value) => (value['map'] as Map<string, unknown>).set('k', 1)],
    ['a map that is cleared', (value) => (value['map'] as Map<string, unknown>).clear()],
    ['an object in a map', (value) => ((value['map'] as Map<string, { d: number }>).get('k')!.d = 2)],
    ['a set', (value) => (value['set'] as Set<number>).add(3)],
    ['a set that loses an item', (value) => (value['set'] as Set<number>).delete(1)],
    ['a date', (value) => (value['date'] as Date).setFullYear(1999)],
    ['a key of its own', (value) => Object.assign(value, { more: 1 })],
  ];

  test.each(attempts)('refuses to change: %s', (_, attempt) => {
    const value = {
      object: { a: 1, deep: { b: 1 } },
      list: [1, 2, { c: 3 }],
      map: new Map([['k', { d: 1 }]]),
      set: new Set([1, 2]),
      date: new Date(0),
      bytes: new Uint8Array(2),
    };
    const before = structuredClone(value);
    deepFreeze(value);
    expect(() => attempt(value as never)).toThrow(TypeError);
    assert.deepStrictEqual(copyMessage(value), before);
  });

  test('can be sent, whatever it holds', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const expected = asReceived(structuredClone(message));
        deepFreeze(message);
        deepFreeze(message);
        assert.deepStrictEqual(asReceived(copyMessage(message)), expected);
      }),
      { numRuns: 300 },
    );
  });

  test('says what to do instead', () => {
    const map = new Map([[1, 1]]);
    deepFreeze(map);
    expect(() => map.set(2, 2)).toThrow('assign a new value to ctx.state instead of changing this one');
    expect([...map.keys()]).toEqual([1]);
    expect(Object.keys(map)).toEqual([]);
  });
});
