/**
 * The ring, model-checked: nothing that two threads can do to a small ring breaks it. And the controls: rings with one
 * mistake each, every one of which the same exploration must refuse, also by what the consumer receives alone.
 * `MILLRACE_MODEL=large` explores some twenty times as much.
 */
import { describe, expect, test, vi } from 'vitest';
import { DATA_OFFSET_BYTES, FRAME_PADDING } from '../../src/ring/ring-layout.ts';
import { explore } from './explorer.ts';
import { exploreRings } from './model-run.ts';
import type { Operation } from './operation.ts';
import { CONTROLS } from './ring-controls.ts';
import { ALL_JUDGES, type Judges, type RingEnds, ringSystem, title } from './ring-model.ts';
import { ringScenarios } from './ring-scenarios.ts';

const SIZE = process.env['MILLRACE_MODEL'] === 'large' ? 'large' : 'small';
const SCENARIOS = ringScenarios('small');
/** Many times what it takes, since machines are busy. */
const TIME_LIMIT_MS = SIZE === 'large' ? 7_200_000 : 300_000;
vi.setConfig({ testTimeout: TIME_LIMIT_MS });

test(`every interleaving of every ${SIZE} ring`, async () => {
  const { failure, report, stateCount } = await exploreRings(SIZE);
  console.log(report);
  expect(failure).toBeUndefined();
  expect(stateCount).toBeGreaterThan(500_000);
});

test('the same by what arrives alone, with stores that arrive in any order', async () => {
  const some = SCENARIOS.filter((_scenario, index) => index % 10 === 0);
  expect(await firstViolation(undefined, { guard: false, races: false }, some)).toBeUndefined();
});

test('the rings that are explored get full, wrap, pad and take back', async () => {
  const met = { full: 0, padding: 0, nearEnd: 0, waitingConsumer: 0 };
  const note = (thread: number, operation: Operation): undefined => {
    if (operation.kind === 'await-change') met[thread === 0 ? 'full' : 'waitingConsumer']++;
    if (operation.kind !== 'store') return;
    if ((operation.value & FRAME_PADDING) !== 0 && operation.value >>> 24 === FRAME_PADDING >>> 24) met.padding++;
    if (operation.address === DATA_OFFSET_BYTES + 12) met.nearEnd++;
  };
  for (const scenario of SCENARIOS.filter(({ capacityBytes }, index) => capacityBytes === 16 && index % 3 === 0)) {
    await explore({ ...ringSystem(scenario), guard: note });
  }
  for (const [what, count] of Object.entries(met)) expect(count, what).toBeGreaterThan(1000);
});

describe.each(CONTROLS)('a ring that $mistake', ({ ends }) => {
  test('is refused', async () => {
    expect(await firstViolation(ends, ALL_JUDGES)).toBeDefined();
  });

  test('is refused by what arrives, or does not arrive', async () => {
    expect(await firstViolation(ends, { guard: false, races: false })).toBeDefined();
  });
});

async function firstViolation(
  ends: RingEnds | undefined,
  judges: Judges,
  scenarios = SCENARIOS,
): Promise<string | undefined> {
  for (const scenario of scenarios) {
    const { violation } = await explore(ringSystem(scenario, ends, judges));
    if (violation !== undefined) return `${title(scenario)}: ${violation.what}\n${violation.trace.join('\n')}`;
  }
  return undefined;
}
