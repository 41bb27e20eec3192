/**
 * Messages to types that the module does not have: a dead letter on the shard of the target's id, with the sender's name,
 * and an error that somebody hears; the sender goes on.
 */
import { describe, expect, test } from 'vitest';
import { defineFunction, defineModule, functionType, type QuarantineEvent, value } from '../../../src/index.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { keyGroupOfHash, shardOfHash } from '../../../src/keys/key-group.ts';
import { type DeadLetterRow, keyFrom, messageOf } from '../../../src/shard/failing/dead-letters.ts';
import { afterPrefix } from '../../../src/state/row.ts';
import { SingleThreadEngine } from '../../../src/testing/single-thread.ts';
import { Stage } from './stage.ts';

const sender = defineFunction({
  type: 'test/sender',
  state: { count: value({ initial: 0 }) },
  invoke(ctx, to: string) {
    ctx.state.count++;
    ctx.send('other/type', to, { number: ctx.state.count });
    if (ctx.caller !== undefined) ctx.reply(ctx.state.count);
  },
});

/** The dead letters for an id, on the shard that owns it. */
async function deadLettersOf({ engine }: Stage, id: string): Promise<(DeadLetterRow & { read: unknown })[]> {
  const from = keyFrom(keyGroupOfHash(hashId(id)), 0);
  const found: (DeadLetterRow & { read: unknown })[] = [];
  const shard = engine.shards[shardOfHash(hashId(id), engine.shards.length)];
  for await (const { value: row } of shard.rows.scan(from, afterPrefix(from.slice(0, 3)))) {
    found.push({ ...(row as DeadLetterRow), read: messageOf(row as DeadLetterRow) });
  }
  return found;
}

const IDS = Array.from({ length: 8 }, (_, index) => `id-${index}`);

describe.each([1, 3])('with %i shards a message to nobody', (shardCount) => {
  test('is a dead letter with the name of its sender, who goes on', async () => {
    const on = new Stage([sender], { shardCount });
    for (const id of IDS) on.send('test/sender', 'Kim', id);
    const asked = on.ask('test/sender', 'Kim', 'id-0');
    await on.play();
    expect([asked.answer, on.engine.coordinator.isQuiescent]).toEqual([9, true]);
    for (const [index, id] of IDS.entries()) {
      const letters = await deadLettersOf(on, id);
      expect(letters).toHaveLength(index === 0 ? 2 : 1);
      expect(letters[0]).toMatchObject({
        type: 'other/type',
        id,
        source: ['test/sender', 'Kim'],
        read: { number: index + 1 },
        meta: null,
        error: { code: 'UNKNOWN_TARGET' },
      });
    }
    expect(on.errors).toHaveLength(9);
    expect(on.errors[0]).toMatchObject({
      code: 'UNKNOWN_TARGET',
      details: { type: 'other/type', sourceType: 'test/sender', sourceId: 'Kim' },
    });
    expect(on.errors[0].message).toMatch(
      /from test\/sender "Kim" is for other\/type "id-\d", .* is among the dead letters/,
    );
  });

  test('keeps its trace', async () => {
    const on = new Stage([sender], { shardCount });
    on.engine.coordinator.send(sender, 'Kim', 'id-1', { trace: { causalId: 'order 7' } });
    await on.play();
    const [letter] = await deadLettersOf(on, 'id-1');
    expect(letter.meta).toEqual({ trace: { causalId: 'order 7' } });
  });
});

test('tells whoever is to be told of dead letters, be it one of a namespace', async () => {
  const told: unknown[] = [];
  const alerts = defineFunction({
    type: 'alerts/*',
    invoke: (ctx, { address }: QuarantineEvent) => void told.push(`${ctx.self.type} ${ctx.self.id} ${address.type}`),
  });
  const engine = new SingleThreadEngine(
    defineModule({ functions: [alerts, sender], onQuarantine: functionType<QuarantineEvent>('alerts/letters') }),
    {},
    { invocationFailed: () => {}, egressCrowded: () => {} },
  );
  engine.coordinator.send(sender, 'Kim', 'Lee');
  await engine.runUntilQuiescent();
  expect(told).toEqual(['alerts/letters Lee other/type']);
});

test('from outside, through a token, or with a name that nobody can have, nothing is sent', async () => {
  const on = new Stage([sender]);
  for (const target of ['other/type', functionType('other/type')]) {
    expect(() => on.engine.coordinator.send(target as never, 'Kim', 0)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_FUNCTION' }),
    );
  }
  await on.play();
  expect(on.errors).toEqual([]);
});

const careless = defineFunction({
  type: 'test/careless',
  state: { count: value({ initial: 0 }) },
  invoke(ctx, ids: readonly unknown[]) {
    ctx.state.count++;
    for (const [number, id] of ids.entries()) ctx.send('test/careless', id as string, { number });
    ctx.reply(ctx.state.count);
  },
});

describe.each([1, 3])('with %i shards, in production, a message to no id', (shardCount) => {
  test('is a dead letter of its target type, and the rest of the invocation stands', async () => {
    const on = new Stage([careless], { shardCount, development: false });
    const given = ['', 'x'.repeat(1025), 42, null, undefined, { id: 'Kim' }];
    const asked = on.ask('test/careless', 'Kim', given);
    await on.play();
    expect(asked.answer).toBe(1);
    const letters = await deadLettersOf(on, '');
    expect(letters.map(({ read }) => read)).toEqual(given.map((_, number) => ({ number })));
    for (const letter of letters) {
      expect(letter).toMatchObject({
        type: 'test/careless',
        id: '',
        source: ['test/careless', 'Kim'],
        error: { code: 'INVALID_ID' },
      });
    }
    expect(on.errors.map(({ code }) => code)).toEqual(given.map(() => 'INVALID_ID'));
    const texts = ['""', '"x+', '42', 'null', 'undefined', 'an object'];
    for (const [index, text] of texts.entries()) {
      const from = `test/careless "Kim" has sent a message to test/careless. The id ${text}`;
      expect(on.errors[index].message).toMatch(new RegExp(from));
    }
    expect(on.engine.coordinator.isQuiescent).toBe(true);
  });

  test('of an unknown type is for that type', async () => {
    const on = new Stage([sender], { shardCount, development: false });
    on.send('test/sender', 'Kim', '');
    await on.play();
    expect(await deadLettersOf(on, '')).toMatchObject([{ type: 'other/type', id: '', error: { code: 'INVALID_ID' } }]);
    expect(on.errors).toMatchObject([{ code: 'INVALID_ID', details: { type: 'other/type', sourceId: 'Kim' } }]);
  });
});
