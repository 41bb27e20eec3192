/** The pauses between attempts pass in virtual time, like all other time in a test engine. */
import { expect, test } from 'vitest';
import { defineFunction, defineModule, value } from '../../../src/index.ts';
import { testEngine } from '../../../src/testing/index.ts';

test('a message that fails is tried again when its pause is over', async () => {
  let attempts = 0;
  const fn = defineFunction({
    type: 'test/flaky',
    failure: { attempts: 3, backoff: { initialMs: 1_000, factor: 2, jitter: 0 } },
    state: { done: value({ initial: 0 }) },
    invoke(ctx, amount: number) {
      if (++attempts < 3) throw new Error('not yet');
      ctx.state.done += amount;
    },
  });
  const t = await testEngine(defineModule({ functions: [fn] }));
  const done = (): unknown => t.state({ type: 'test/flaky', id: 'a' })?.['done'];
  await t.send(fn, 'a', 5);
  await t.advance(999);
  expect([attempts, done()]).toEqual([1, 0]);
  await t.advance(1);
  expect([attempts, done()]).toEqual([2, 0]);
  await t.advance('2 seconds');
  expect([attempts, done()]).toEqual([3, 5]);
  await t.stop();
});
