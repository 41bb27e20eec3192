/**
 * Messages on real threads: the same on the other side whether or not they crossed a thread, whatever their size, and in
 * the order in which they were sent.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashId } from '../../src/keys/id-hash.ts';
import { shardOfHash } from '../../src/keys/key-group.ts';
import { anyMessage, asReceived } from '../unit/wire/messages.ts';
import { counter, type Order, puppet } from './puppet.ts';
import { closedGate, IDS, openEngine } from './puppet-engine.ts';

const SHARD_COUNT = 2;

/** A puppet on each shard. */
const HOMES = [0, 1].map((shard) => IDS.find((id) => shardOfHash(hashId(id), SHARD_COUNT) === shard) as string);

describe('any message', () => {
  test('is the same for a receiver on the same shard, on another shard, and outside', async () => {
    const { engine } = await openEngine({ ringCapacityBytes: 4_096 });
    const property = fc.asyncProperty(anyMessage, async (message) => {
      const expected = asReceived(message);
      const [here, there] = HOMES as [string, string];
      const spread = [here, there].map(
        (id): Order => ({
          do: 'send',
          to: { type: 'puppet/sync', id },
          order: { do: 'save', value: message },
        }),
      );
      await engine.send(puppet, here, { do: 'all', orders: spread });
      await engine.drained();
      assert.deepStrictEqual(await engine.ask(puppet, here, { do: 'load' }), expected);
      assert.deepStrictEqual(await engine.ask(puppet, there, { do: 'load' }), expected);
      assert.deepStrictEqual(await engine.ask(puppet, there, { do: 'echo', value: message }), expected);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  test('is taken when it is sent: what the sender changes later is its own', async () => {
    const { engine } = await openEngine();
    const mine = { list: [1], map: new Map([[1, 1]]) };
    const reply = engine.ask(puppet, 'Kim', { do: 'echo', value: mine });
    mine.list.push(2);
    mine.map.set(2, 2);
    expect(await reply).toEqual({ list: [1], map: new Map([[1, 1]]) });
  });

  test.each([
    [4_096, 300_000],
    [1 << 18, 15 << 20],
  ])('passes rings of %i bytes with %i bytes of text, and of bytes', async (ringCapacityBytes, size) => {
    const { engine } = await openEngine({ ringCapacityBytes });
    const text = 'Größe '.repeat(size / 8);
    const bytes = new Uint8Array(size).map((_, index) => index * 31);
    for (const id of HOMES) {
      expect((await engine.ask(puppet, id, { do: 'echo', value: text })) === text).toBe(true);
      const echoed = (await engine.ask(puppet, id, { do: 'echo', value: bytes })) as Uint8Array;
      expect(Buffer.compare(echoed, bytes)).toBe(0);
    }
  });

  test('larger than a smaller limit is refused, wherever its receiver lives', async () => {
    const { engine } = await openEngine({ maxMessageBytes: 65_536 });
    const [here, there] = HOMES as [string, string];
    await engine.send(puppet, here, { do: 'save', value: 'x'.repeat(40_000) });
    for (const id of [here, there]) {
      const asked = engine.ask(puppet, here, { do: 'double', to: { type: 'puppet/sync', id } });
      await expect(asked).rejects.toMatchObject({ code: 'INVOCATION_FAILED', cause: { code: 'MESSAGE_TOO_LARGE' } });
    }
    await expect(engine.send(puppet, here, { do: 'echo', value: 'x'.repeat(65_600) })).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      details: { maxBytes: 65_536 },
    });
    expect(await engine.ask(puppet, there, { do: 'load' })).toBeUndefined();
  });
});

describe('order', () => {
  test('per sender and receiver is the order of sending', async () => {
    const { engine } = await openEngine({ ringCapacityBytes: 4_096 });
    const count = 5_000;
    for (let number = 0; number < count; number++) {
      const id = HOMES[number % 2];
      const sent = engine.send(counter, id, number);
      if (number % 100 === 0) await sent;
    }
    for (const [shard, id] of HOMES.entries()) {
      const expected = Array.from({ length: count / 2 }, (_, index) => index * 2 + shard);
      expect(await engine.ask(counter, id, 'seen')).toEqual(expected);
    }
  });

  test('is kept while an entity is busy, and nobody else waits for it', async () => {
    const { engine } = await openEngine({ shardCount: 1 });
    const seen: unknown[] = [];
    const { gate, open } = closedGate();
    const slow = engine.ask(puppet, 'slow', { do: 'wait', gate, after: { do: 'echo', value: 'slow' } });
    const behind = [1, 2, 3].map((value) => engine.ask(puppet, 'slow', { do: 'echo', value }));
    const others = IDS.map((id) => engine.ask(puppet, id, { do: 'echo', value: id }));
    for (const reply of [slow, ...behind, ...others]) void reply.then((value) => seen.push(value));
    await Promise.all(others);
    open();
    await Promise.all([slow, ...behind]);
    expect(seen.slice(0, IDS.length)).toEqual(IDS);
    expect(seen.slice(IDS.length)).toEqual(['slow', 1, 2, 3]);
  });

  test('of an async function is the order of arrival, whatever each message takes', async () => {
    const { engine } = await openEngine();
    const seen: number[] = [];
    const replies = [20, 1, 10, 0, 5].map(async (ms, index) => {
      const order: Order = { do: 'sleep', ms, after: { do: 'echo', value: index } };
      seen.push((await engine.ask('puppet/async', 'Kim', order)) as number);
    });
    await Promise.all(replies);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });
});
