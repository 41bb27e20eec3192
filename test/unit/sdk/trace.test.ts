/**
 * What a client may put into the headers of a trace, and what the program may say of it: bad headers are left out, bad
 * programs are told, and a child is of the same trace.
 */
import { describe, expect, test } from 'vitest';
import type { MillraceError, TraceContext } from '../../../src/index.ts';
import { checkTrace, childOf, hexId } from '../../../src/sdk/trace.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

const check = (given: TraceContext): unknown => checkTrace(given, () => 'new');

describe('headers', () => {
  test('that are well-formed are carried on', () => {
    expect(check({ traceparent: PARENT })).toEqual({ traceparent: PARENT, causalId: 'new' });
    const tracestate = `vendor=${'x'.repeat(505)}`;
    expect(check({ traceparent: PARENT, tracestate, causalId: 'order 7' })).toEqual({
      traceparent: PARENT,
      tracestate,
      causalId: 'order 7',
    });
  });

  test('of a later version are read as far as this one knows them', () => {
    for (const rest of ['', '-more']) {
      expect(check({ traceparent: `cc${PARENT.slice(2)}${rest}` })).toEqual({ traceparent: PARENT, causalId: 'new' });
    }
  });

  test.each([
    '',
    'no trace',
    `${PARENT}-`,
    `${PARENT}0`,
    `cc${PARENT.slice(2)}more`,
    `ff${PARENT.slice(2)}`,
    PARENT.toUpperCase(),
    PARENT.slice(0, -1),
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
    ` ${PARENT}`,
  ])('that are not well-formed are left out: %j', (traceparent) => {
    expect(check({ traceparent, tracestate: 'a=1' })).toEqual({ causalId: 'new' });
  });

  test.each(['', 'x'.repeat(513), 'a=\n', 'a=ä'])('a state that is not: %j', (tracestate) => {
    expect(check({ traceparent: PARENT, tracestate })).toEqual({ traceparent: PARENT, causalId: 'new' });
  });
});

test.each([
  [null, 'trace is null'],
  ['a text', 'trace is "a text"'],
  [{ traceparent: 7 }, 'traceparent is 7'],
  [{ traceparent: PARENT, tracestate: ['a=1'] }, 'tracestate is an array of 1'],
  [{ causalId: '' }, 'causalId is ""'],
  [{ causalId: 'x'.repeat(129) }, 'causalId is'],
  [{ causalId: 7 }, 'causalId is 7'],
])('what no header can be is refused: %j', (given, what) => {
  expect(() => check(given as never)).toThrow(
    expect.toSatisfy((error: MillraceError) => error.code === 'INVALID_TRACE' && error.message.includes(what)),
  );
});

test('a child is of the same trace, with the same flags and another span', () => {
  const carried = { traceparent: PARENT, tracestate: 'a=1', causalId: 'c' };
  expect(childOf(carried, () => 0.5)).toEqual({ ...carried, traceparent: `00-${TRACE_ID}-8000000080000000-01` });
  const untraced = { causalId: 'c' };
  expect(childOf(untraced, () => 0.5)).toBe(untraced);
});

test('an id has 16 digits that are not all 0', () => {
  expect(hexId(() => 0)).toBe('0000000000000001');
  expect(hexId(() => 1 - 2 ** -53)).toBe('f'.repeat(16));
  expect(hexId(() => 1 / 2 ** 32)).toBe('0000000100000001');
});
