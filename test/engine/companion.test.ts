/** Companions on real threads: one in each, of its own, and started before any message. */
import { expect, test } from 'vitest';
import { IDS, openEngine, until } from './puppet-engine.ts';

test('a companion is started once in each thread and never in the main thread, and its reports reach the listeners', async () => {
  const { engine, errors } = await openEngine({ module: new URL('./companion-module.ts', import.meta.url) });
  for (const type of ['companion/one', 'companion/two']) for (const id of IDS) void engine.send(type, id, 'hello');
  await until(() => errors.length === 2 + 2 * IDS.length);
  const told = errors.map(({ message }) => message.split('. ')[0]);
  expect(told.filter((line) => line.startsWith('started')).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'started beside 0 of 2',
    'started beside 1 of 2',
  ]);
  for (const shard of [0, 1]) {
    const own = errors.flatMap(({ details }, index) => (details['shard'] === shard ? [told[index]] : []));
    expect(own[0]).toBe(`started beside ${shard} of 2`);
    expect(own.slice(1)).toEqual(own.slice(1).map((_, index) => `message ${index + 1}`));
  }
});
