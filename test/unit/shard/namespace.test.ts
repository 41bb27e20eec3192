/**
 * Functions that serve whole namespaces: an exact name first, then the namespace; every type an entity of its own, known
 * by its own name on every shard.
 */
import { describe, expect, test } from 'vitest';
import { type Context, defineFunction, defineModule, functionType, value } from '../../../src/index.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import { isDeadLetterKey } from '../../../src/shard/failing/dead-letters.ts';
import { Directory } from '../../../src/shard/function-binding.ts';
import { dueOf, expiryKey } from '../../../src/shard/rows/expiry-rows.ts';
import { SECTION_EXPIRY } from '../../../src/store/key-layout.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { PLAIN } from '../../../src/wire/structured-data.ts';
import { TYPE_NONE } from '../../../src/wire/envelope-layout.ts';
import { TYPE_COUNT_MAX } from '../../../src/wire/type-registry.ts';
import { countSchema } from '../../small-schema.ts';
import { gate, results, Stage } from './stage.ts';

const state = { count: value({ initial: 0 }) };
const seen = (ctx: Context<typeof state>, by: string): void => {
  ctx.state.count++;
  const { self, caller } = ctx;
  ctx.egress(results, [by, `${self.type} ${self.id}`, caller && `${caller.type} ${caller.id}`, ctx.state.count]);
};

const whole = defineFunction({
  type: 'shop/*',
  state,
  invoke(ctx: Context<typeof state>, message: unknown) {
    seen(ctx, 'whole');
    if (message === 'reply') ctx.reply('replied');
    if (Array.isArray(message)) ctx.send(message[0] as string, message[1] as string, message[2]);
  },
});
const exact = defineFunction({ type: 'shop/cart', state, invoke: (ctx) => seen(ctx, 'exact') });
const until = { gate: gate() };
const slow = defineFunction({
  type: 'slow/*',
  state,
  async invoke(ctx) {
    await until.gate.promise;
    seen(ctx, 'slow');
  },
});

function stage(shardCount: number): Stage {
  return new Stage([exact, whole, slow], { shardCount });
}

async function records(on: Stage): Promise<unknown[]> {
  await on.play();
  return on.records().toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe.each([1, 3])('with %i shards a namespace', (shardCount) => {
  test('serves every type that has no function of its own, each entity for itself', async () => {
    const on = stage(shardCount);
    for (const type of ['shop/cart', 'shop/till', 'shop/shelf', 'shop/till']) on.send(type, 'Kim');
    on.engine.coordinator.send(functionType('shop/till'), 'Lee', 0);
    expect(await records(on)).toEqual([
      ['exact', 'shop/cart Kim', undefined, 1],
      ['whole', 'shop/shelf Kim', undefined, 1],
      ['whole', 'shop/till Kim', undefined, 1],
      ['whole', 'shop/till Kim', undefined, 2],
      ['whole', 'shop/till Lee', undefined, 1],
    ]);
    expect(on.entityCount).toBe(4);
  });

  test('has callers and is answered by the names of its types', async () => {
    const on = stage(shardCount);
    const ids = Array.from({ length: 8 }, (_, index) => `id-${index}`);
    for (const id of ids) on.send('shop/asker', id, [`shop/answers-${id}`, `to ${id}`, 'reply']);
    const expected = ids.flatMap((id) => [
      ['whole', `shop/answers-${id} to ${id}`, `shop/asker ${id}`, 1],
      ['whole', `shop/asker ${id}`, undefined, 1],
      ['whole', `shop/asker ${id}`, `shop/answers-${id} to ${id}`, 2],
    ]);
    expect(await records(on)).toEqual(expected.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)));
  });

  test('may be asked, and may be busy', async () => {
    const on = stage(shardCount);
    const asked = on.ask('shop/till', 'Kim', 'reply');
    until.gate = gate();
    for (const type of ['slow/one', 'slow/two', 'slow/one']) on.send(type, 'Kim');
    expect(await records(on)).toEqual([['whole', 'shop/till Kim', expect.stringMatching(/^millrace\/asker \d+$/), 1]]);
    expect(asked.answer).toBe('replied');
    until.gate.open();
    expect(await records(on)).toEqual([
      ['slow', 'slow/one Kim', undefined, 1],
      ['slow', 'slow/one Kim', undefined, 2],
      ['slow', 'slow/two Kim', undefined, 1],
    ]);
  });
});

test.each(['shop/*', 'shop/', 'shop/a/b', 'shop', 'other/type', 'millrace/asker', 7, null, {}])(
  '%j is no target',
  (target) => {
    const on = stage(1);
    expect(() => on.engine.coordinator.send(target as never, 'Kim', 0)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_FUNCTION' }),
    );
    expect(() => on.engine.coordinator.send(whole, 'Kim', 0)).toThrow('is named "shop/*"');
  },
);

test('an asker is not of any namespace', async () => {
  const rest = defineFunction({ type: 'millrace/*', invoke: () => {} });
  const on = new Stage([rest, exact]);
  expect(() => on.send('millrace/asker', '0')).toThrow('is answered by functions, not from outside');
});

test('the table has room for many types, and then refuses', () => {
  const directory = new Directory(defineModule({ functions: [exact, whole] }));
  for (let number = 0; number < TYPE_COUNT_MAX; number++) {
    expect(directory.functionNumber(`shop/${number}`)).toBe(2 + number);
  }
  expect(() => directory.functionNumber('shop/one-more')).toThrow(expect.objectContaining({ code: 'TOO_MANY_TYPES' }));
  expect(() => directory.targetNumber('shop/one-more')).toThrow('functions of namespaces may have 4096 types');
  // What is stored may name such a type: it is as one that nobody has.
  expect(directory.findFunction('shop/one-more')).toBeUndefined();
  expect(directory.sourceNumber(['shop/one-more', 'Kim'])).toEqual([TYPE_NONE, '']);
  expect([directory.functionNumber('shop/7'), directory.functionNumber('shop/cart')]).toEqual([9, 0]);
  expect(directory.typeName(2 + 7)).toBe('shop/7');
});

test('what is stored of a type for which there is no room fails no shard', async () => {
  const clock = new SimulatedClock(1_000_000);
  const offer = value<number>({ expire: { after: 1_000 } });
  const brief = defineFunction({ type: 'brief/*', state: { offer }, invoke: (ctx) => void (ctx.state.offer = 1) });
  const on = new Stage([brief], { clock });
  on.send('brief/first', 'Kim');
  await on.play();
  const { directory } = on.engine.coordinator;
  for (let number = 1; number < TYPE_COUNT_MAX; number++) directory.functionNumber(`brief/${number}`);

  // As a start finds them that has not yet met this type.
  const [{ rows, timers }] = on.engine.shards;
  const hash = hashId('Kim');
  rows.set(expiryKey(1_001_000, 'brief/lost', hash, 'Kim'), true);
  timers.insert(keyGroupOfHash(hash), 1_001_000, ['brief/lost', 'Kim', null, 'brief/lost', 'Kim', 'ring', PLAIN]);
  clock.advance(2_000);
  await on.play();
  expect(on.errors).toMatchObject([{ code: 'TOO_MANY_TYPES', details: { type: 'brief/lost', id: 'Kim' } }]);
  expect(on.errors[0].message).toContain('from brief/lost "Kim" is for brief/lost "Kim"');
  const kept = [...rows.inMemory()].filter(({ value: row }) => row !== undefined).map(({ key }) => key);
  expect(kept.filter(isDeadLetterKey)).toHaveLength(1);
  // It is looked at again in a day; that of the others has gone.
  expect(kept.filter((key) => key.charCodeAt(2) === SECTION_EXPIRY)).toEqual([
    expiryKey(dueOf(1_002_000 + 86_400_000), 'brief/lost', hash, 'Kim'),
  ]);
});

describe('types that are new when they are sent to', () => {
  const names = Array.from({ length: TYPE_COUNT_MAX + 500 }, (_, index) => `shop/new-${index}`);
  const flood = defineFunction({
    type: 'test/flood',
    invoke(ctx, isFine: boolean) {
      for (const name of names) ctx.send(name, 'Kim', 'x');
      if (!isFine) throw new Error('not for good');
    },
  });

  test('take no number from anybody if the invocation fails', async () => {
    const on = new Stage([exact, whole, flood]);
    on.send('test/flood', 'Lee', false);
    await on.play();
    expect(on.errors.map(({ code }) => code)).toEqual(['INVOCATION_FAILED']);
    expect(on.engine.coordinator.directory.functionNumber('shop/first')).toBe(3);
  });

  test('have their numbers when it returns, and those for which there is no room are dead letters', async () => {
    const on = new Stage([exact, whole, flood]);
    on.send('test/flood', 'Lee', true);
    await on.play();
    const served = on.records().map((record) => (record as readonly string[])[1]);
    expect(served).toEqual(names.slice(0, TYPE_COUNT_MAX).map((name) => `${name} Kim`));
    expect(on.errors.length).toBe(500);
    expect(on.errors[0]).toMatchObject({ code: 'TOO_MANY_TYPES', details: { type: names[TYPE_COUNT_MAX] } });
    const [{ rows }] = on.engine.shards;
    expect([...rows.inMemory()].filter(({ key }) => isDeadLetterKey(key))).toHaveLength(500);
    on.send('shop/cart', 'Kim');
    await on.play();
    expect(on.records()).toEqual([['exact', 'shop/cart Kim', undefined, 1]]);
  });

  test('are checked as others are', async () => {
    const strict = defineFunction({ type: 'strict/*', messages: countSchema, invoke: () => {} });
    const sender = defineFunction({
      type: 'test/sender',
      invoke: (ctx, type: string) => ctx.send(type, 'Kim', 'no number'),
    });
    const on = new Stage([strict, sender]);
    on.send('test/sender', 'Lee', 'strict/new');
    await on.play();
    expect(on.errors[0].cause).toMatchObject({ code: 'MESSAGE_INVALID' });
  });
});

test('two functions for one namespace are refused', () => {
  const again = defineFunction({ type: 'shop/*', invoke: () => {} });
  expect(() => defineModule({ functions: [whole], modules: [defineModule({ functions: [again] })] })).toThrow(
    expect.objectContaining({ code: 'DUPLICATE_TYPE' }),
  );
});
