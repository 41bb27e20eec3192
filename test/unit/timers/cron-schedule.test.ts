/**
 * Cron patterns over the days on which clocks are set, zone by zone, as calendars and wall clocks have them; and against
 * a slow reading of the same rules.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CronSchedule } from '../../../src/timers/cron-schedule.ts';

function times(cron: string, timeZone: string, after: string, count: number): (string | undefined)[] {
  const schedule = new CronSchedule(cron, timeZone);
  const found: (string | undefined)[] = [];
  let at: number | undefined = Date.parse(after);
  for (let index = 0; index < count && at !== undefined; index++) {
    at = schedule.next(at);
    found.push(at === undefined ? undefined : new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

test('every Monday at seven is at seven, in summer and in winter', () => {
  expect(times('0 7 * * 1', 'America/New_York', '2026-03-01T00:00:00Z', 3)).toEqual([
    '2026-03-02T12:00',
    '2026-03-09T11:00',
    '2026-03-16T11:00',
  ]);
});

test.each([
  // Berlin: on 29 March 2:00 becomes 3:00, on 25 October 3:00 becomes 2:00.
  ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:30', '2026-03-30T00:30']],
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
  ['0 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:00', '2026-03-30T01:00']],
  ['45 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:45', '2026-03-30T00:45']],
  ['0 3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-30T01:00']],
  ['0 3 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T02:00', '2026-10-26T02:00']],
  // An hour that comes twice has its times twice.
  [
    '*/30 * * * *',
    'Europe/Berlin',
    '2026-10-25T00:15Z',
    ['2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30', '2026-10-25T02:00'],
  ],
  ['*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:15Z', ['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30']],
  ['@hourly', 'Europe/Berlin', '2026-10-24T23:30Z', ['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00']],
  [
    '0 */2 * * *',
    'Europe/Berlin',
    '2026-10-24T21:30Z',
    ['2026-10-24T22:00', '2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T03:00'],
  ],
  // Half an hour, at the other side of the world and of the year.
  ['30 1 * * *', 'Australia/Lord_Howe', '2026-04-03T20:00Z', ['2026-04-04T14:30', '2026-04-05T15:00']],
  [
    '*/30 * * * *',
    'Australia/Lord_Howe',
    '2026-04-04T14:10Z',
    ['2026-04-04T14:30', '2026-04-04T15:00', '2026-04-04T15:30'],
  ],
  ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T20:00Z', ['2026-10-03T15:45', '2026-10-04T15:15']],
  // Midnight itself is left out.
  ['0 0 * * *', 'America/Sao_Paulo', '2018-11-03T00:00Z', ['2018-11-03T03:00', '2018-11-04T03:00', '2018-11-05T02:00']],
  // A whole day is left out: 30 December 2011 never was in Samoa.
  ['0 12 * * *', 'Pacific/Apia', '2011-12-29T00:00Z', ['2011-12-29T22:00', '2011-12-30T22:00', '2011-12-31T22:00']],
  // Clocks are set back for one month of fasting.
  ['30 2 * * *', 'Africa/Casablanca', '2026-02-14T12:00Z', ['2026-02-15T01:30', '2026-02-16T02:30']],
] as const)('%s in %s after %s', (cron, timeZone, after, expected) => {
  expect(times(cron, timeZone, after, expected.length)).toEqual(expected);
});

test('goes over years in which nothing is due, and ends where nothing will be', () => {
  expect(times('0 12 29 2 *', 'Europe/Berlin', '2026-01-01T00:00:00Z', 2)).toEqual([
    '2028-02-29T11:00',
    '2032-02-29T11:00',
  ]);
  expect(times('0 0 30 2 *', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual([undefined]);
});

test('seconds, and times between two milliseconds of them', () => {
  const schedule = new CronSchedule('*/10 * * * * *', 'UTC');
  expect(schedule.next(0)).toBe(10_000);
  expect(schedule.next(9_999)).toBe(10_000);
  expect(schedule.next(10_000)).toBe(20_000);
});

/** The rule for intervals, minute by minute: whatever the clocks show, each time they show it. */
function slowNext(minuteStep: number, timeZone: string, after: number): number {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, minute: 'numeric' });
  for (let at = Math.floor(after / 60_000) * 60_000 + 60_000; ; at += 60_000) {
    if (Number(clock.format(at)) % minuteStep === 0) return at;
  }
}

test('intervals go by what the clocks show', () => {
  const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
  // Around every change of these years, and anywhere else.
  const starts = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-12-31') });
  fc.assert(
    fc.property(zones, fc.constantFrom(7, 15, 30), starts, (timeZone, step, after) => {
      expect(new CronSchedule(`*/${step} * * * *`, timeZone).next(after)).toBe(slowNext(step, timeZone, after));
    }),
    { numRuns: 60 },
  );
});

test('times grow, and each day has its own once', () => {
  const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca');
  const property = fc.property(zones, fc.nat(23), fc.nat(59), (timeZone, hour, minute) => {
    const schedule = new CronSchedule(`${minute} ${hour} * * *`, timeZone);
    const date = new Intl.DateTimeFormat('en-CA', { timeZone });
    let at = Date.parse('2026-03-20T12:00:00Z');
    const dates: string[] = [];
    for (let day = 0; day < 12; day++) {
      const next = schedule.next(at);
      expect(next).toBeGreaterThan(at);
      at = next ?? 0;
      dates.push(date.format(at));
    }
    expect(new Set(dates).size).toBe(12);
  });
  fc.assert(property, { numRuns: 30 });
});

test('the latest that is not after now', () => {
  const schedule = new CronSchedule('0 7 * * 1', 'Europe/Berlin');
  const first = schedule.next(Date.parse('2026-01-01')) ?? 0;
  const now = Date.parse('2026-11-21T12:00:00Z');
  expect(new Date(schedule.latest(first, now)).toISOString()).toBe('2026-11-16T06:00:00.000Z');
  expect(schedule.latest(first, first)).toBe(first);
  const seconds = new CronSchedule('* * * * * *', 'UTC');
  expect(seconds.latest(1_000, now + 1)).toBe(now);
});

test.each([
  ['61 * * * *', 'UTC', /minute/],
  ['* * *', 'UTC', /fields|invalid/i],
  ['? * * * *', 'UTC', /five to seven/],
  ['2026-01-01T00:00:00', 'UTC', /five to seven/],
  ['', 'UTC', /five to seven/],
  ['* * * * *', 'Mars/Olympus', /time zone "Mars\/Olympus" is not known/],
])('%j in %j is refused', (cron, timeZone, why) => {
  expect(() => new CronSchedule(cron, timeZone)).toThrow(expect.objectContaining({ code: 'INVALID_TIMER' }));
  expect(() => new CronSchedule(cron, timeZone)).toThrow(why);
});
