/**
 * The litmus tests, run on this machine: no outcome that the table forbids, none that it does not know. Which of the
 * allowed ones are seen is chance and is only printed.
 */
import { expect, test } from 'vitest';
import { describeLitmus, runLitmus } from './litmus-run.ts';
import { LITMUS_TESTS } from './litmus-tests.ts';

const ROUND_COUNT = 200;
/** Two threads that have to share one core meet a thousand times more slowly. */
const TIME_LIMIT_MS = 3000;

test.each(LITMUS_TESTS)('$name', async (litmus) => {
  const tally = await runLitmus(litmus.name, ROUND_COUNT, TIME_LIMIT_MS);
  console.log(describeLitmus(litmus, tally));
  const allowed = litmus.outcomes.filter(({ verdict }) => verdict !== 'forbidden').map(({ values }) => values);
  expect(allowed).toEqual(expect.arrayContaining([...tally.keys()]));
  expect(tally.size).toBeGreaterThan(0);
});
