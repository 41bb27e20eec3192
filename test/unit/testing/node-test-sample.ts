/**
 * What a user's test looks like under Node's own test runner; `runners.test.ts` runs it so.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineFunction, defineModule, value } from '../../../src/index.ts';
import { explore, testEngine } from '../../../src/testing/index.ts';

const counter = defineFunction({
  type: 'test/counter',
  state: { total: value({ initial: 0 }) },
  invoke(ctx, amount: number) {
    ctx.state.total += amount;
  },
});
const module = defineModule({ functions: [counter] });

void test('a message is counted', async () => {
  await using t = await testEngine(module);
  await t.send(counter, 'Kim', 2);
  assert.equal(t.state(counter, 'Kim').total, 2);
});

void test('and counted once, whatever crashes', async () => {
  await explore(
    {
      module,
      run: (t) => t.send(counter, 'Kim', 2),
      outcome: (cut) => assert.equal(cut.state(counter, 'Kim').total, 2),
    },
    { seeds: 10 },
  );
});

void test('a wrong expectation fails', { todo: 'it must fail' }, async () => {
  await explore({ module, run: (t) => t.send(counter, 'Kim', 2), outcome: () => assert.fail('as ordered') });
});
