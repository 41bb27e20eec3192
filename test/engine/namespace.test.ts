/**
 * Namespaces on real threads and a real disk: types that nobody named before reach their entities on every shard, after
 * a restart too, in a savepoint, with another number of shards, and when a type has got a function of its own.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/index.ts';
import { scratch } from './durability-stage.ts';
import { DEATH_CHANNEL } from './namespace-module.ts';
import { openEngine, until } from './puppet-engine.ts';

const FIRST = new URL('./namespace-module.ts', import.meta.url);
const SECOND = new URL('./namespace-second-module.ts', import.meta.url);

const TYPES = [...Array.from({ length: 30 }, (_, index) => `told/type-${index}`), 'told/special'];

/** Every type is told by another, all over the shards. */
async function tellAll(engine: Engine, text: string): Promise<void> {
  const sends = TYPES.map(async (type, index) => {
    const next = [1, 2, 3].map((step): [string, string] => [
      TYPES[(index + step) % TYPES.length],
      `id-${index + step}`,
    ]);
    await engine.send(type, `id-${index}`, { text, next }, { until: 'accepted' });
  });
  await Promise.all(sends);
  await engine.drained();
}

/** What an address was told, and by which function it says so. */
async function told(engine: Engine, type: string, id: string): Promise<unknown> {
  return await engine.ask(type, id, 'texts?');
}

test('types of a namespace live on through restarts, savepoints and other numbers of shards', async () => {
  const folder = scratch();
  const directory = join(folder, 'data');
  const first = await openEngine({ module: FIRST, directory, shardCount: 2 });
  await tellAll(first.engine, 'one');
  await first.engine.stop();

  const again = await openEngine({ module: FIRST, directory, shardCount: 3 });
  await tellAll(again.engine, 'two');
  await again.engine.savepoint(join(folder, 'savepoint'));
  await again.engine.stop();

  for (const options of [{ directory }, { directory: join(folder, 'other'), from: join(folder, 'savepoint') }]) {
    const { engine, errors } = await openEngine({ module: SECOND, shardCount: 2, ...options });
    // In another order than before, so that the numbers are others.
    for (const [index, type] of [...TYPES.entries()].toReversed()) {
      const copies = 1 + Math.min(index, 3);
      const texts = ['one', 'two'].flatMap((text) => Array.from({ length: copies }, () => text));
      const by = type === 'told/special' ? 'exact' : 'whole';
      expect(await told(engine, type, `id-${index}`)).toEqual([by, type, ...texts]);
    }
    await engine.stop();
    expect([...first.errors, ...again.errors, ...errors]).toEqual([]);
  }
});

test('a shard that dies takes no type with it', async () => {
  const { engine, errors } = await openEngine({ module: FIRST, directory: join(scratch(), 'data'), shardCount: 2 });
  await tellAll(engine, 'one');
  // Committed now, though maybe only on its way; a death before that would come again with the message.
  await engine.send('told/mortal', 'Kim', { text: 'die' });
  const channel = new BroadcastChannel(DEATH_CHANNEL);
  await until(() => {
    if (errors.length === 0) channel.postMessage('die');
    return errors.length > 0;
  });
  channel.close();
  // Types that come while the shards are down have their numbers from the coordinator.
  for (const id of ['Kim', 'Lee', 'Max'])
    await engine.send('told/late', id, { text: 'late', next: [['told/later', id]] });
  await engine.drained();
  for (const id of ['Kim', 'Lee', 'Max'])
    expect(await told(engine, 'told/later', id)).toEqual(['whole', 'told/later', 'late']);
  expect(await told(engine, 'told/type-7', 'id-7')).toEqual([
    'whole',
    'told/type-7',
    ...Array.from({ length: 4 }, () => 'one'),
  ]);
  expect(await told(engine, 'told/mortal', 'Kim')).toEqual(['whole', 'told/mortal', 'die']);
  expect(errors.map(({ code }) => code)).toEqual(['SHARD_RECOVERING']);
});

test('a trace goes on from shard to shard, and messages for who has state find out who has', async () => {
  const { engine, errors } = await openEngine({ module: FIRST, directory: join(scratch(), 'data'), shardCount: 2 });
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const next = Array.from({ length: 12 }, (_, index): [string, string] => ['told/traced', `id-${index}`]);
  await engine.send('told/traced', 'first', { text: 'x', next }, { trace: { traceparent, causalId: 'order 7' } });
  await engine.drained();
  await engine.send('told/traced', 'id-4', { text: 'here' }, { ifExists: true });
  await engine.send('told/traced', 'nobody', { text: 'dropped' }, { ifExists: true });
  for (const id of ['first', ...next.map(([, each]) => each)]) {
    expect(await engine.ask('told/traced', id, 'traces?')).toEqual([`order 7 ${traceparent.slice(0, 35)}`]);
  }
  expect(await told(engine, 'told/traced', 'id-4')).toEqual(['whole', 'told/traced', 'x', 'here']);
  expect(await told(engine, 'told/traced', 'nobody')).toEqual(['whole', 'told/traced']);
  expect(errors).toEqual([]);
});
