/**
 * The check inside the flights example must be able to fail: a loop that never finds a difference proves nothing.
 */
import { expect, test } from 'vitest';
import type { Flight } from '../../examples/flights/flight.ts';
import { isFlight } from '../../examples/flights/flight.ts';
import type { AirportSummary, RouteSummary, Summary } from '../../examples/flights/module.ts';
import { PlainLoop } from '../../examples/flights/plain-loop.ts';

const flight: Flight = { date: '2001/01/01 07:30', delay: -5, distance: 407, origin: 'LAS', destination: 'OAK' };

const las: AirportSummary = {
  kind: 'airport',
  id: 'LAS',
  departures: 2,
  arrivals: 0,
  meanDelay: null,
  worstDelay: null,
  busiestHour: 7,
};
const oak: AirportSummary = { ...las, id: 'OAK', departures: 0, arrivals: 2, meanDelay: 5, worstDelay: 15 };
const expected: Summary[] = [
  las,
  { ...oak, busiestHour: null },
  {
    kind: 'route',
    id: 'LAS-OAK',
    flights: 2,
    miles: 814,
    meanDelay: 5,
    worstDelay: 15,
    first: '2001/01/01 07:30',
    last: '2001/01/02 09:00',
  } satisfies RouteSummary,
];

function loop(): PlainLoop {
  const plainLoop = new PlainLoop();
  plainLoop.add(flight);
  plainLoop.add({ ...flight, date: '2001/01/02 09:00', delay: 15 });
  plainLoop.add({ ...flight, date: 'soon' });
  return plainLoop;
}

test('finds nothing in equal summaries, whatever their order', () => {
  expect(loop().flightCount).toBe(2);
  expect(loop().differences(expected)).toEqual([]);
  expect(loop().differences(expected.toReversed())).toEqual([]);
});

test.each<[string, Summary[]]>([
  ['a wrong count', [{ ...las, departures: 3 }, ...expected.slice(1)]],
  ['a missing summary', expected.slice(1)],
  ['a summary too many', [...expected, { ...las, id: 'SFO' }]],
])('finds %s', (_what, summaries) => {
  expect(loop().differences(summaries)).toHaveLength(1);
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['text', 'LAS'],
  ['a list', [flight]],
  ['no origin', { ...flight, origin: undefined }],
  ['an empty origin', { ...flight, origin: '' }],
  ['a long origin', { ...flight, origin: 'Las Vegas' }],
  ['an hour that is none', { ...flight, date: '2001/01/01 24:00' }],
  ['a date that is none', { ...flight, date: 'yesterday, early' }],
  ['a delay in words', { ...flight, delay: 'late' }],
  ['a delay without a number', { ...flight, delay: Number.NaN }],
])('%s is no flight', (_what, record) => {
  expect(isFlight(record)).toBe(false);
});
