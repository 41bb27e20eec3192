/** What lives beside functions lives as long as the engine that a test has. */
import { expect, test } from 'vitest';
import { defineFunction, defineModule } from '../../../src/index.ts';
import { testEngine } from '../../../src/testing/index.ts';

test('a test engine starts companions before the first message, and stops them', async () => {
  const log: string[] = [];
  const companion = {
    start: () => void log.push('starts'),
    stop: async () => void log.push('stops'),
    status: () => [],
  };
  const fn = { ...defineFunction({ type: 'a/a', invoke: () => void log.push('handles') }), companion };
  const engine = await testEngine(defineModule({ functions: [fn] }), { shardCount: 1 });
  await engine.send('a/a', 'Kim', 1);
  await engine.stop();
  await engine.stop();
  expect(log).toEqual(['starts', 'handles', 'stops']);
});
