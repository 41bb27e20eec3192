/** An engine with function processes in a process of its own, to be killed by the test that started it. */
import { startEngine } from '../../../src/index.ts';
import { answerOf, COUNTERS } from './counters.ts';

const [, , directory = ''] = process.argv;
const engine = await startEngine({ module: COUNTERS, directory, shardCount: 2 });
const say = (what: unknown): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.send?.(what, () => resolve());
  return promise;
};
const pids = await Promise.all(['a', 'b', 'c', 'd'].map((id) => answerOf(engine, 'process/counter', id, 'pid')));
await say({ pids: pids.map(Number) });
for (let count = 1; ; count++) {
  await engine.send('process/counter', 'Kim', 'add 1');
  await say({ count });
}
