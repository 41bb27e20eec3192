/**
 * Whoever cannot keep up holds back the input, and nothing else: a slow egress, a slow shard. Nothing is lost meanwhile,
 * and everything goes on afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { defineEgress, defineIngress, defineRouter, type Engine } from '../../src/index.ts';
import { counter, puppet, records } from './puppet.ts';
import { closedGate, IDS, openEngine, until } from './puppet-engine.ts';

/** More records than an egress may hold before input is held back. */
const MANY = 20_000;

interface Numbered {
  readonly number: number;
}

/** So many records may wait in a ledger before input is held back. */
const LEDGER_MAX = 16_384;

/** Whether a promise stays pending, although the engine has had time for it. */
async function staysPending(promise: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([promise, sleep(100, 'late')])) === 'late';
}

async function ledgerIsFull(engine: Engine): Promise<void> {
  await until(async () => (await engine.metrics()).egresses[records.type].pendingCount > LEDGER_MAX);
}

describe('an egress that is not consumed', () => {
  test('holds back send, and lets go when somebody consumes it', async () => {
    const { engine, errors } = await openEngine();
    await engine.send(puppet, 'Kim', { do: 'egress many', count: MANY });
    await until(() => errors.length > 0 || (void engine.send(counter, 'Lee', 1), false));
    expect(errors.map(({ code }) => code)).toEqual(['EGRESS_UNCONSUMED']);
    const held = engine.send(counter, 'Ann', 1);
    expect(await staysPending(held)).toBe(true);
    // The message itself was taken at once.
    expect(await engine.ask(counter, 'Ann', 'count')).toBe(1);
    const numbers: number[] = [];
    engine.egress(records, (record) => void numbers.push((record as Numbered).number));
    await held;
    await engine.drained();
    expect(numbers).toEqual(Array.from({ length: MANY }, (_, index) => index));
  });
});

describe('a slow callback', () => {
  test('gets one record at a time, holds back the ingress, and gets everything', async () => {
    let takenCount = 0;
    let enough = false;
    const source = {
      replayable: false,
      async *read() {
        while (!enough) yield { records: [++takenCount], position: undefined };
      },
    };
    const ingress = defineIngress<number>({ type: 'test/numbers', source });
    const router = defineRouter({
      ingress,
      route: (number, send) => send(puppet, IDS[number % IDS.length], { do: 'egress many', count: 100 }),
    });
    let atOnce = 0;
    let mostAtOnce = 0;
    let receivedCount = 0;
    const { engine } = await openEngine({ ingresses: [ingress], routers: [router], creditCount: 16 });
    let goSlowly = true;
    engine.egress(records, async () => {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      if (goSlowly) await sleep(1);
      atOnce--;
      receivedCount++;
    });
    await ledgerIsFull(engine);
    // The rest is what was under way when it was full.
    expect(takenCount * 100 - receivedCount).toBeLessThan(LEDGER_MAX + 20_000);
    const [takenThen, receivedThen] = [takenCount, receivedCount];
    await until(() => receivedCount > receivedThen + 150);
    // No more than what makes up for what was received.
    expect(takenCount * 100 - receivedCount).toBeLessThan(LEDGER_MAX + 20_000);
    goSlowly = false;
    await until(() => takenCount > takenThen + 500);
    enough = true;
    await engine.drained();
    expect([mostAtOnce, receivedCount]).toEqual([1, 100 * takenCount]);
  });
});

describe('a loop over an egress', () => {
  test('that is left early holds the rest for the next loop', async () => {
    const { engine } = await openEngine();
    await engine.send(puppet, 'Kim', { do: 'egress many', count: 1_000 });
    const numbers: number[] = [];
    const take = async (count: number): Promise<void> => {
      for await (const record of engine.egress(records)) {
        numbers.push((record as Numbered).number);
        if (numbers.length >= count) break;
      }
    };
    for (const count of [1, 10, 300, 1_000]) await take(count);
    expect(numbers).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  test('waits for records that come later', async () => {
    const { engine } = await openEngine();
    const next = engine.egress(records).next();
    expect(await staysPending(next)).toBe(true);
    await engine.send(puppet, 'Kim', { do: 'egress', value: 'at last' });
    expect(await next).toEqual({ done: false, value: 'at last' });
  });
});

describe('a slow shard', () => {
  test('holds back send when its credit is used up', async () => {
    const { engine } = await openEngine({ creditCount: 10, shardCount: 1 });
    await engine.ask(puppet, 'Kim', { do: 'echo', value: 1 });
    const { gate, open } = closedGate();
    const spinning = engine.send(puppet, 'Kim', { do: 'spin', gate });
    const sends = Array.from({ length: 500 }, () => engine.send(counter, 'Lee', 1));
    await spinning;
    expect(await staysPending(sends.at(-1) as Promise<void>)).toBe(true);
    open();
    await Promise.all(sends);
    expect(await engine.ask(counter, 'Lee', 'count')).toBe(500);
  });

  test('with an entity that is busy holds back input, too', async () => {
    const { engine } = await openEngine({ creditCount: 10, shardCount: 1 });
    const { gate, open } = closedGate();
    void engine.send(puppet, 'Kim', { do: 'wait', gate });
    const sends = Array.from({ length: 500 }, (_, index) => engine.send(puppet, 'Kim', { do: 'save', value: index }));
    expect(await staysPending(sends.at(-1) as Promise<void>)).toBe(true);
    open();
    await Promise.all(sends);
    expect(await engine.ask(puppet, 'Kim', { do: 'load' })).toBe(499);
  });
});

describe('an egress that fails', () => {
  test('closes the input: who waits and who comes later gets the error; what was asked before is answered', async () => {
    const sink = {
      write: () => {
        throw new Error('sink is full');
      },
    };
    const { engine, errors } = await openEngine({ egresses: [defineEgress({ type: records, sink })] });
    const { gate, open } = closedGate();
    const kept = engine.ask(puppet, 'Kim', { do: 'wait', gate, after: { do: 'echo', value: 'kept' } });
    const drained = engine.drained().catch((error: unknown) => error);
    await engine.send(puppet, 'Lee', { do: 'egress', value: 1 });
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'EGRESS_FAILED', cause: { message: 'sink is full' } });
    open();
    expect(await drained).toBe(errors[0]);
    await expect(engine.send(puppet, 'Lee', { do: 'load' })).rejects.toBe(errors[0]);
    await expect(engine.drained()).rejects.toBe(errors[0]);
    expect(await kept).toBe('kept');
    await engine.stop();
    expect(errors).toHaveLength(1);
  });

  test('while input is held back frees those who wait', async () => {
    let fail = (): void => {};
    const failing = new Promise<void>((_, reject) => {
      fail = () => reject(new Error('sink is gone'));
    });
    failing.catch(() => {});
    const sink = { write: () => failing };
    const { engine } = await openEngine({ egresses: [defineEgress({ type: records, sink })] });
    await engine.send(puppet, 'Kim', { do: 'egress many', count: MANY });
    await ledgerIsFull(engine);
    const held = engine.send(counter, 'Lee', 1);
    expect(await staysPending(held)).toBe(true);
    fail();
    await expect(held).rejects.toMatchObject({ code: 'EGRESS_FAILED' });
  });
});
