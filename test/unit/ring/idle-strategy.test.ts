/** How a thread waits: it spins a little, then does what its mode says, and work makes it start afresh. */
import { describe, expect, test } from 'vitest';
import { type IdleDecision, IdleStrategy } from '../../../src/ring/idle-strategy.ts';

function decisions(idle: IdleStrategy, ...workCounts: number[]): IdleDecision[] {
  return workCounts.map((workCount) => idle.decide(workCount));
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);

test('work is work, in every mode', () => {
  for (const mode of ['spin', 'yield', 'park'] as const) {
    expect(decisions(new IdleStrategy(mode), 1, 2, 1000)).toEqual(['work', 'work', 'work']);
  }
});

test('spin never does anything else', () => {
  expect(new Set(decisions(new IdleStrategy('spin'), ...zeros(10_000)))).toEqual(new Set(['spin']));
});

describe.each([
  { mode: 'yield', rest: 'nap' },
  { mode: 'park', rest: 'park' },
] as const)('$mode', ({ mode, rest }) => {
  test(`spins for a while and then answers ${rest}, again and again`, () => {
    const all = decisions(new IdleStrategy(mode), ...zeros(100));
    const spinCount = all.indexOf(rest);
    expect(spinCount).toBeGreaterThan(0);
    expect(all).toEqual([
      ...new Array<string>(spinCount).fill('spin'),
      ...new Array<string>(100 - spinCount).fill(rest),
    ]);
  });

  test('starts afresh after work', () => {
    const idle = new IdleStrategy(mode);
    const first = decisions(idle, ...zeros(50));
    expect(decisions(idle, 1)).toEqual(['work']);
    expect(decisions(idle, ...zeros(50))).toEqual(first);
  });

  test('a single piece of work now and then keeps it from resting', () => {
    const idle = new IdleStrategy(mode);
    const all = decisions(idle, ...Array.from({ length: 200 }, (_, index) => (index % 10 === 0 ? 1 : 0)));
    expect(all).not.toContain(rest);
  });
});

describe('while something is under way that ends through the event loop', () => {
  const awaited = (mode: 'spin' | 'yield' | 'park'): IdleDecision[] => {
    const idle = new IdleStrategy(mode);
    return Array.from({ length: 100 }, () => idle.decide(0, true));
  };

  test('a thread parks soon, since spinning keeps that from coming', () => {
    const usual = decisions(new IdleStrategy('park'), ...zeros(100)).indexOf('park');
    expect(awaited('park').indexOf('park')).toBeLessThan(usual);
    expect(awaited('park').at(-1)).toBe('park');
  });

  test('the other modes are as ever', () => {
    for (const mode of ['spin', 'yield'] as const) {
      expect(awaited(mode)).toEqual(decisions(new IdleStrategy(mode), ...zeros(100)));
    }
  });
});
