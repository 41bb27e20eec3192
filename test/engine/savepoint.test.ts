/**
 * Savepoints of running engines: made under load, they hold one moment, and any store with any number of shards goes on
 * from it as if nothing had been.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { savepointDigest, type SendOptions } from '../../src/index.ts';
import { ended, note } from './savepoint-bank.ts';
import { type Entry, newFolder, openBank, total, walk } from './savepoint-stage.ts';
import { openEngine, until } from './puppet-engine.ts';
import { counter, puppet, records } from './puppet.ts';

/** Long enough that all walkers are on their way for the whole of a test. */
const MANY_HOPS = 50_000_000;

test('state goes from store to store and from number to number of shards, and stays the same', async () => {
  const folder = newFolder();
  const first = await openBank('millrace', join(folder, 'first'));
  await walk(first.engine, 300, 50);
  for (let number = 0; number < 20; number++) await first.engine.send(note, `n${number}`, { write: `text ${number}` });
  first.engine.egress(ended, () => Promise.resolve());
  await first.engine.drained();
  const original = await first.engine.savepoint(join(folder, 'savepoint-0'));
  await first.engine.stop();
  expect(original.entityCount).toBeGreaterThan(300);

  const journey: readonly (readonly [Entry, number])[] = [
    ['native-free', 3],
    ['millrace', 1],
    ['native-free', 2],
  ];
  for (const [index, [entry, shardCount]] of journey.entries()) {
    const from = join(folder, `savepoint-${index}`);
    const { engine, errors } = await openBank(entry, join(folder, `data-${index}`), { from, shardCount });
    expect(await engine.ask(note, 'n7', 'read')).toBe('text 7');
    expect(await total(engine)).toBe(3_000);
    const info = await engine.savepoint(pathToFileURL(join(folder, `savepoint-${index + 1}`)));
    expect(info).toMatchObject({
      entityCount: original.entityCount,
      stateDigest: original.stateDigest,
      messageCount: 0,
    });
    expect(await savepointDigest(join(folder, `savepoint-${index + 1}`))).toEqual(info);
    await engine.stop();
    expect(errors).toEqual([]);
  }
});

test.each<[Entry, Entry]>([
  ['millrace', 'native-free'],
  ['native-free', 'millrace'],
])('a savepoint of %s under load holds every message once, for %s', async (from, to) => {
  const folder = newFolder();
  const first = await openBank(from, join(folder, 'first'), { maxIntervalMs: 20 });
  await walk(first.engine, 300, MANY_HOPS);
  const infos = [];
  // Checkpoints go on meanwhile, and so do the walkers.
  for (let number = 0; number < 3; number++)
    infos.push(await first.engine.savepoint(join(folder, `savepoint-${number}`)));
  await first.engine.stop({ force: true });
  expect(infos.map(({ messageCount }) => messageCount)).toEqual([300, 300, 300]);
  expect(new Set(infos.map(({ stateDigest }) => stateDigest)).size).toBe(3);
  expect(first.errors).toEqual([]);

  const path = join(folder, 'savepoint-2');
  expect(await savepointDigest(path)).toEqual(infos[2]);
  const second = await openBank(to, join(folder, 'second'), { from: path, shardCount: 3 });
  const again = await second.engine.savepoint(join(folder, 'again'));
  expect(again.messageCount).toBe(300);
  await second.engine.stop({ force: true });
});

test('walkers that a savepoint has caught on their way arrive, each once', async () => {
  const folder = newFolder();
  const first = await openBank('millrace', join(folder, 'first'), { maxIntervalMs: 20 });
  await walk(first.engine, 200, 3_000);
  const { messageCount } = await first.engine.savepoint(join(folder, 'savepoint'));
  await first.engine.stop({ force: true });
  expect(messageCount).toBeGreaterThan(0);

  const second = await openBank('native-free', join(folder, 'second'), {
    from: join(folder, 'savepoint'),
    shardCount: 3,
  });
  const seeds: number[] = [];
  second.engine.egress(ended, async (seed) => void seeds.push(seed));
  await second.engine.drained();
  expect(await total(second.engine)).toBe(2_000);
  expect(await total(second.engine, 'visits')).toBe(200 * 3_001);
  expect(seeds).toHaveLength(200);
  expect(new Set(seeds).size).toBe(200);
});

test('records of an egress, their numbers, their traces and the idempotency keys go along', async () => {
  const folder = newFolder();
  const first = await openEngine({ directory: join(folder, 'first') });
  const optionsOf = (number: number): SendOptions => ({
    idempotencyKey: `key ${number}`,
    ...(number % 2 === 0 && { trace: { causalId: `cause ${number}` } }),
  });
  for (let number = 0; number < 10; number++) {
    await first.engine.send(puppet, 'p', { do: 'egress', value: number }, optionsOf(number));
  }
  // The first four are handed over; what the callback does not let go of stays unacknowledged.
  const taken: unknown[] = [];
  const never = new Promise<void>(() => {});
  first.engine.egress(records, async (record) => {
    taken.push(record);
    if (taken.length > 4) await never;
  });
  await until(() => taken.length === 5);
  await first.engine.checkpoint();
  await first.engine.savepoint(join(folder, 'savepoint'));
  await first.engine.stop({ force: true });
  const second = await openEngine({
    directory: join(folder, 'second'),
    from: join(folder, 'savepoint'),
    shardCount: 1,
  });
  for (let number = 0; number < 12; number++) {
    await second.engine.send(puppet, 'p', { do: 'egress', value: number }, optionsOf(number));
  }
  const rest: [unknown, number, string | undefined][] = [];
  second.engine.egress(records, async (...[record, sequence, trace]) => {
    rest.push([record, sequence, trace?.causalId]);
  });
  await until(() => rest.some(([record]) => record === 11));
  // What was not acknowledged comes again, under the number that it had; nothing is missing or doubled.
  const firstNumber = rest[0][1];
  expect(firstNumber).toBeLessThanOrEqual(4);
  expect(rest).toEqual(
    Array.from({ length: 12 - firstNumber }, (_, index) => firstNumber + index).map((number) => [
      number,
      number,
      optionsOf(number).trace?.causalId,
    ]),
  );
});

test('order is kept: a counter sees what was in flight before what is sent later', async () => {
  const folder = newFolder();
  const first = await openEngine({ directory: join(folder, 'first') });
  for (let number = 0; number < 500; number++) void first.engine.send(counter, 'c', number, { until: 'accepted' });
  await first.engine.savepoint(join(folder, 'savepoint'));
  await first.engine.stop({ force: true });
  const second = await openEngine({
    directory: join(folder, 'second'),
    from: join(folder, 'savepoint'),
    shardCount: 3,
  });
  for (let number = 500; number < 600; number++) void second.engine.send(counter, 'c', number);
  expect(await second.engine.ask(counter, 'c', 'seen')).toEqual(Array.from({ length: 600 }, (_, number) => number));
});
