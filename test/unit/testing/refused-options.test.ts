/**
 * What tests say to `testEngine` and `explore`: a slip of the pen is refused before anything runs, since a check that is
 * never made looks like one that holds.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { defineFunction, defineModule } from '../../../src/index.ts';
import { explore, testEngine } from '../../../src/testing/index.ts';

const invoke = vi.fn<() => void>();
const module = defineModule({ functions: [defineFunction({ type: 'a/b', invoke })] });
const says = (message: string): string => expect.stringContaining(message) as string;

afterEach(() => {
  vi.unstubAllEnvs();
  invoke.mockClear();
});

describe('testEngine', () => {
  const fields = 'shardCount, startTime, seed, failures, patienceMs';

  test.each([
    [{ shards: 1 }, `testEngine has no option "shards"; its options are ${fields}.`],
    [5, `The options of testEngine must be an object with the fields ${fields}, not 5.`],
    [{ shardCount: 0 }, 'The option shardCount is 0; allowed is a whole number from 1 to 256.'],
    [
      { startTime: '2026-01-01' },
      'The option startTime is "2026-01-01"; allowed is a date, or milliseconds since 1970.',
    ],
    [{ startTime: new Date('never') }, 'The option startTime is an instance of Date; allowed is a date, '],
    [{ seed: 'x' }, 'The option seed is "x"; allowed is a whole number from 0 to '],
    [{ failures: 'colect' }, `The option failures is "colect"; allowed is 'throw', 'collect'.`],
    [{ patienceMs: '5 s' }, 'The option patienceMs is "5 s"; allowed is milliseconds from 0 on.'],
  ])('with %j is refused', async (options, message) => {
    await expect(testEngine(module, options as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: says(message),
    });
  });

  test('a question with a time that is none is refused', async () => {
    await using t = await testEngine(module, { startTime: new Date(5), patienceMs: Number.POSITIVE_INFINITY });
    expect(t.now()).toBe(5);
    const asked = t.ask('a/b', 'Kim', 1, { timeoutMs: '5 s' } as never);
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { option: 'timeoutMs' } });
    expect(invoke).not.toHaveBeenCalled();
  });
});

describe('explore', () => {
  const run = vi.fn<() => void>();
  const scenario = { module, run };
  const fields = 'module, run, invariant, outcome, failures';

  test.each([
    [
      { seds: 5 },
      'explore has no option "seds"; its options are seeds, firstSeed, seed, crashes, faults, traceEvents.',
    ],
    [5, 'The options of explore must be an object with the fields seeds, '],
    [{ seeds: '5' }, 'The option seeds is "5"; allowed is a whole number from 0 to '],
    [{ firstSeed: -1 }, 'The option firstSeed is -1; '],
    [{ seed: 1.5 }, 'The option seed is 1.5; '],
    [{ crashes: 'no' }, 'The option crashes is "no"; allowed is true or false.'],
    [{ faults: 0 }, 'The option faults is 0; allowed is true or false.'],
    [{ traceEvents: -1 }, 'The option traceEvents is -1; '],
  ])('with %j is refused', async (options, message) => {
    const explored = explore(scenario, options as never);
    await expect(explored).rejects.toMatchObject({ code: 'INVALID_OPTION', message: says(message) });
    expect(run).not.toHaveBeenCalled();
  });

  test.each([
    [{ ...scenario, invarient: () => {} }, `A scenario has no field "invarient"; its fields are ${fields}.`],
    [undefined, `A scenario must be an object with the fields ${fields}, not undefined.`],
    [{ module }, 'The option run is undefined; allowed is a function.'],
    [{ ...scenario, outcome: true }, 'The option outcome is true; allowed is a function.'],
    [{ ...scenario, failures: 'collect' }, `The option failures is "collect"; allowed is 'throw', 'allow'.`],
  ])('of %j is refused', async (given, message) => {
    const explored = explore(given as never);
    await expect(explored).rejects.toMatchObject({
      code: message.startsWith('A scenario') ? 'INVALID_DEFINITION' : 'INVALID_OPTION',
    });
    await expect(explored).rejects.toThrow(message);
    expect(run).not.toHaveBeenCalled();
  });

  test('with a seed of the environment that is none is refused', async () => {
    vi.stubEnv('MILLRACE_SEED', 'x');
    await expect(explore(scenario)).rejects.toThrow(
      'The option MILLRACE_SEED is NaN; allowed is a whole number from 0',
    );
  });

  test('with a send that says what there is not fails the run', async () => {
    const sends = explore(
      { module, run: (t) => t.send('a/b', 'Kim', 1, { idempotencykey: 'x' } as never) },
      { seeds: 1 },
    );
    await expect(sends).rejects.toThrow('send has no option "idempotencykey"; its options are idempotencyKey.');
    expect(invoke).not.toHaveBeenCalled();
  });
});
