/**
 * What the promises of a durable engine mean when they resolve, and what idempotency keys are good for.
 */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/index.ts';
import { counter } from './durability-module.ts';
import { ENTRY_NAMES, open, rejection, scratch, totalOf } from './durability-stage.ts';
import { isPending, until } from './puppet-engine.ts';

/** No checkpoint begins by itself, but for the very first. */
const BY_ORDER = { minIntervalMs: 3_600_000, maxIntervalMs: 3_600_000 };

async function epochOf(engine: Engine): Promise<number> {
  return (await engine.metrics()).checkpoints?.epoch ?? 0;
}

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test('a send and an ask wait for the commit, unless told otherwise', async () => {
    const { engine } = await open(entry, scratch(), BY_ORDER);
    await engine.checkpoint();
    await engine.send(counter, 'Kim', { add: 1 }, { until: 'accepted' });
    const sent = engine.send(counter, 'Kim', { add: 1 });
    const asked = engine.ask(counter, 'Kim', { add: 0 });
    expect(await engine.ask(counter, 'Kim', { add: 0 }, { until: 'processed' })).toBe(2);
    expect([await isPending(sent), await isPending(asked)]).toEqual([true, true]);
    await engine.checkpoint();
    await sent;
    expect(await asked).toBe(2);
  });

  test('what was only accepted may be lost in a crash, and what a checkpoint was ordered for is not', async () => {
    const folder = scratch();
    const { engine } = await open(entry, folder, BY_ORDER);
    await engine.send(counter, 'Kim', { add: 1 }, { until: 'accepted' });
    await engine.checkpoint();
    await engine.send(counter, 'Kim', { add: 10 }, { until: 'accepted' });
    const promised = rejection(engine.send(counter, 'Kim', { add: 100 }));
    expect(await engine.ask(counter, 'Kim', { add: 0 }, { until: 'processed' })).toBe(111);
    await engine.stop({ force: true });
    expect(await promised).toMatchObject({ code: 'ENGINE_STOPPED' });
    const second = await open(entry, folder);
    expect(await totalOf(second.engine, 'Kim')).toBe(1);
  });

  test('a message with a known key is not sent again: at the same time, later, and after a restart', async () => {
    const folder = scratch();
    const retry = (engine: Awaited<ReturnType<typeof open>>['engine'], idempotencyKey: string): Promise<void> =>
      engine.send(counter, 'Kim', { add: 1 }, { idempotencyKey });
    const { engine } = await open(entry, folder);
    await Promise.all([retry(engine, 'a'), retry(engine, 'a'), retry(engine, 'b'), retry(engine, 'a')]);
    await retry(engine, 'b');
    await engine.send(counter, 'Kim', { add: 1 }, { idempotencyKey: 'a', until: 'accepted' });
    expect(await totalOf(engine, 'Kim')).toBe(2);
    await engine.stop();
    for (let life = 0; life < 2; life++) {
      const next = await open(entry, folder);
      await Promise.all([retry(next.engine, 'a'), retry(next.engine, 'b'), retry(next.engine, `c${life}`)]);
      expect(await totalOf(next.engine, 'Kim')).toBe(3 + life);
      await next.engine.stop({ force: true });
    }
  });

  test('a key whose message was not committed is forgotten with it', async () => {
    const folder = scratch();
    const { engine } = await open(entry, folder, BY_ORDER);
    await engine.checkpoint();
    await engine.send(counter, 'Kim', { add: 1 }, { idempotencyKey: 'a', until: 'accepted' });
    await engine.stop({ force: true });
    const second = await open(entry, folder);
    await second.engine.send(counter, 'Kim', { add: 1 }, { idempotencyKey: 'a' });
    expect(await totalOf(second.engine, 'Kim')).toBe(1);
  });

  test('very much that is not committed is, however long the interval', async () => {
    const folder = scratch();
    const { engine } = await open(entry, folder, { maxIntervalMs: 3_600_000, memory: 64 * 2 ** 20 });
    await engine.checkpoint();
    const before = await epochOf(engine);
    const ids = Array.from({ length: 60_000 }, (_, index) => `customer number ${index}`);
    for (const id of ids) await engine.send(counter, id, { add: 1, isSilent: true }, { until: 'accepted' });
    await engine.drained();
    await until(async () => (await epochOf(engine)) > before);
    await engine.stop({ force: true });
    const second = await open(entry, folder);
    expect(await totalOf(second.engine, ids[0])).toBe(1);
  });

  test('only so many keys are known, the oldest forgotten first', async () => {
    const folder = scratch();
    const options = { idempotencyKeyCount: 3 };
    const { engine } = await open(entry, folder, options);
    for (const idempotencyKey of ['a', 'b', 'c', 'd']) {
      await engine.send(counter, 'Kim', { add: 1 }, { idempotencyKey });
    }
    await engine.stop();
    const second = await open(entry, folder, options);
    for (const idempotencyKey of ['b', 'c', 'd']) {
      await second.engine.send(counter, 'Kim', { add: 1 }, { idempotencyKey });
    }
    expect(await totalOf(second.engine, 'Kim')).toBe(4);
    await second.engine.send(counter, 'Kim', { add: 1 }, { idempotencyKey: 'a' });
    expect(await totalOf(second.engine, 'Kim')).toBe(5);
  });

  test('what is no key is refused, and does not count as one', async () => {
    const { engine } = await open(entry, scratch());
    for (const wrong of [null, '', new URL('http://example.com')]) {
      const idempotencyKey = wrong as unknown as string;
      const sent = engine.send(counter, 'Kim', { add: 1 }, { idempotencyKey });
      expect(await rejection(sent)).toMatchObject({ code: 'INVALID_KEY' });
    }
    await engine.send(counter, 'Kim', { add: 1 });
    expect(await totalOf(engine, 'Kim')).toBe(1);
  });

  test('a message that was refused leaves its key free', async () => {
    const { engine } = await open(entry, scratch());
    const unsendable = { add: (() => {}) as unknown as number };
    const idempotencyKey = 'a';
    expect(await rejection(engine.send(counter, 'Kim', unsendable, { idempotencyKey }))).toMatchObject({
      code: 'MESSAGE_NOT_ENCODABLE',
    });
    await engine.send(counter, 'Kim', { add: 1 }, { idempotencyKey });
    expect(await totalOf(engine, 'Kim')).toBe(1);
  });
});

/** Half of what an idle coordinator sleeps when nobody wakes it. */
const AWAKE_MS = 250;

test('who begins to wait while a checkpoint is made is not forgotten until something else happens', async () => {
  let idleMs: number;
  // A crowded machine idles, too, but not every time.
  do {
    const { engine } = await open('millrace', scratch());
    // The very first checkpoint is due without anybody's wish, and under way when this is sent.
    const sentAt = performance.now();
    await engine.send(counter, 'Kim', { add: 1 });
    const sentMs = performance.now() - sentAt;
    const { total } = (await engine.latency()).checkpoint;
    // That one, the one that commits this, and a pause between them, which is longer the slower the disk is.
    idleMs = sentMs - 4 * (total?.meanMs ?? 0);
    await engine.stop();
  } while (idleMs > AWAKE_MS);
  expect(idleMs, 'in which nothing was under way').toBeLessThanOrEqual(AWAKE_MS);
});
