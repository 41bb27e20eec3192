/**
 * The ring between two real threads: some two million records, through rings from tiny to large, with both ways of
 * waiting. `npm run race` does the same for as long as wanted.
 */
import { expect, test } from 'vitest';
import { RACE_DEFAULTS, type RaceOptions } from './race-records.ts';
import { describeRace, race } from './race-run.ts';

/** Just before the positions become negative, and just before they pass zero. */
const BEFORE_NEGATIVE = 0x7fff_f000;
const BEFORE_ZERO = -4096;

const RACES: readonly Partial<RaceOptions>[] = [
  { capacityBytes: 64, recordCount: 100_000, recordBytesMax: 30, batchMax: 3, start: BEFORE_NEGATIVE },
  { capacityBytes: 1024, recordCount: 10_000, recordBytesMax: 1500, idle: 'spin', start: BEFORE_ZERO },
  { capacityBytes: 4096, recordCount: 760_000, start: BEFORE_NEGATIVE },
  { capacityBytes: 4096, recordCount: 40_000, recordBytesMax: 5000, start: BEFORE_ZERO },
  { capacityBytes: 4096, recordCount: 100_000, recordBytesMax: 4, batchMax: 1, drainMax: 1, start: BEFORE_ZERO },
  { capacityBytes: 65_536, recordCount: 1_000_000, idle: 'spin', start: BEFORE_ZERO },
];

const ALL_OPTIONS = RACES.map((changes) => ({ ...RACE_DEFAULTS, ...changes }));

test.each(ALL_OPTIONS)('$recordCount records through $capacityBytes bytes, $idle when idle', async (options) => {
  const result = await race(options);
  console.log(describeRace(options, result));
  expect(result.producer.frameCount).toBeGreaterThanOrEqual(options.recordCount);
  expect(result.producer.rollbackCount).toBeGreaterThan(0);
});
