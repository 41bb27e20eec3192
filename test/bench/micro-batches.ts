/**
 * Suites for the test of the micro-benchmarks' harness: batches that come late, are wrong once, or show only in the end
 * what they have come to.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Batch, Suite, SuiteFile } from '../../bench/harness/micro.ts';

const suites: readonly Suite[] = [
  {
    name: 'rates',
    about: 'batches of ten calls',
    unit: 'calls/s',
    isLong: true,
    hasEntities: true,
    contenders: {
      late: (entities) => ({ callCount: 10, run: () => turn(entities), expected: entities }),
      'late itself': () => turn({ callCount: 10, run: () => 7, expected: 7 }),
      'wrong once': wrongOnce,
      'with a total': () => counting(0),
      'with a wrong total': () => counting(1),
      'told how long': (_entities, seconds) => ({ callCount: 1, run: () => seconds, expected: seconds }),
      failing: () => ({ callCount: 1, run: () => Promise.reject(new Error('the disk is full')), expected: 0 }),
    },
  },
  {
    name: 'latencies',
    about: 'single calls',
    unit: 'µs a turn',
    contenders: { turn: () => ({ callCount: 1, run: () => turn(1), expected: 1 }) },
  },
];

export { suites };
export const batches: SuiteFile = { file: import.meta.url, suites };

function wrongOnce(): Batch {
  let runs = 0;
  const run = (): number => (++runs === 3 ? 41 : 42);
  return { callCount: 10, run, expected: 42, total: () => ({ checksum: 42, expected: 42 }) };
}

/** `lost`: what the total lacks. */
function counting(lost: number): Batch {
  let runs = 0;
  const run = (): number => {
    runs++;
    return 1;
  };
  return { callCount: 1, run, expected: 1, total: () => turn({ checksum: runs - lost, expected: runs }) };
}
