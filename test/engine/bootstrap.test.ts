/**
 * Bootstrapping: a savepoint of bulk data is what an engine would have made that had been given the same data, whatever
 * the order in which it comes; mistakes in it are refused with the number of the record.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { sortedRecords } from '../../src/engine/bootstrap-sort.ts';
import { type BootstrapRecord, bootstrap, type Progress, savepointDigest } from '../../src/index.ts';
import { account, drawer, note } from './savepoint-bank.ts';
import { BANK_MODULE, newFolder, openBank } from './savepoint-stage.ts';

function* accounts(count: number, stride = 1): Generator<BootstrapRecord> {
  for (let index = 0; index < count; index++) {
    const number = (index * stride) % count;
    yield { type: account, id: `account-${number}`, state: { balance: number, visits: 1 } };
  }
}

test('two hundred thousand entities, and an engine that starts from them', async () => {
  const folder = newFolder();
  const into = join(folder, 'savepoint');
  const told: Progress[] = [];
  const onProgress = (each: Progress): void => void told.push(each);
  const info = await bootstrap({ module: BANK_MODULE, into, records: accounts(200_000), onProgress });
  expect(info).toMatchObject({ epoch: 1, entityCount: 200_000, messageCount: 0 });
  expect(told[0]).toMatchObject({ phase: 'bootstrap', total: undefined });
  expect(told.at(-1)).toEqual({ phase: 'bootstrap', done: 200_000, total: 200_000 });
  expect(readdirSync(into).toSorted()).toEqual(['coordinator.mrc', 'savepoint.json', 'state-0000-1024.mrs']);
  const { engine } = await openBank('native-free', join(folder, 'data'), { from: into, shardCount: 2 });
  for (const number of [0, 1, 77_777, 199_999]) {
    expect(await engine.ask(account, `account-${number}`, 'balance', { until: 'processed' })).toBe(number);
  }
  const again = await engine.savepoint(join(folder, 'again'));
  expect([again.entityCount, again.stateDigest]).toEqual([info.entityCount, info.stateDigest]);
});

test('it is what an engine makes of the same data', async () => {
  const folder = newFolder();
  const ids = ['plain', 'ä', '\ud800', '-'.repeat(1024)];
  const { engine } = await openBank('millrace', join(folder, 'data'));
  for (const id of ids) {
    await engine.send(account, id, { deposit: id.length });
    await engine.send(note, id, { write: id });
  }
  const made = await engine.savepoint(join(folder, 'made'));
  const records = ids.flatMap((id): BootstrapRecord[] => [
    { type: note, id, state: { text: id } },
    { type: 'bank/account', id, state: { balance: id.length } },
  ]);
  const written = await bootstrap({ module: BANK_MODULE, into: join(folder, 'written'), records });
  expect(written.stateDigest).toBe(made.stateDigest);
});

test('the order does not matter, nor whether the source is asynchronous', async () => {
  const folder = newFolder();
  async function* slowly(): AsyncGenerator<BootstrapRecord> {
    for (const record of accounts(5_000, 1_777)) yield await Promise.resolve(record);
  }
  const [one, two] = await Promise.all([
    bootstrap({ module: BANK_MODULE, into: join(folder, 'one'), records: accounts(5_000) }),
    bootstrap({ module: BANK_MODULE, into: join(folder, 'two'), records: slowly() }),
  ]);
  expect(two).toEqual(one);
  expect(await savepointDigest(join(folder, 'two'))).toEqual(one);
});

test('several records of one entity add to each other, the later wins, and no state is no entity', async () => {
  const folder = newFolder();
  const module = BANK_MODULE;
  const several: BootstrapRecord[] = [
    { type: account, id: 'a', state: { balance: 1, visits: 2 } },
    { type: note, id: 'b', state: {} },
    { type: note, id: 'c', state: { text: undefined } },
    { type: account, id: 'a', state: { balance: 3, visits: undefined } },
  ];
  const one: BootstrapRecord[] = [{ type: account, id: 'a', state: { balance: 3, visits: 2 } }];
  const merged = await bootstrap({ module, into: join(folder, 'merged'), records: several });
  const plain = await bootstrap({ module, into: join(folder, 'plain'), records: one });
  expect(merged).toEqual(plain);
  expect(plain.entityCount).toBe(1);
});

test('tables and lists are what an engine makes of the same data, in as many records as they come', async () => {
  const folder = newFolder();
  const things = Array.from(
    { length: 300 },
    (_, index) => [`thing ${index % 290}${'é'.repeat(index % 3)}`, index] as const,
  );
  const { engine } = await openBank('millrace', join(folder, 'data'));
  for (const [key, thing] of things) void engine.send(drawer, 'ä', { key, thing });
  await engine.send(drawer, 'b', { key: 'only', thing: { deep: [1] } });
  const expected = await engine.ask(drawer, 'ä', 'read');
  const made = await engine.savepoint(join(folder, 'made'));
  const type = drawer;
  const module = BANK_MODULE;
  const log = things.map(([, thing]) => thing);
  const records: BootstrapRecord[] = [
    {
      type,
      id: 'ä',
      state: { log: Array.from({ length: 500 }, () => 'left over'), things: new Map(things.slice(0, 100)) },
    },
    { type, id: 'b', state: { things: { only: { deep: [1] } }, log: [{ deep: [1] }] } },
    { type, id: 'ä', state: { things: Object.fromEntries(things.slice(100)), log } },
    { type, id: 'c', state: { things: {}, log: undefined } },
  ];
  const into = join(folder, 'written');
  const written = await bootstrap({ module, into, records });
  expect(written.stateDigest).toBe(made.stateDigest);
  const again = await openBank('native-free', join(folder, 'again'), { from: into, shardCount: 3 });
  expect(await again.engine.ask(drawer, 'ä', 'read')).toEqual(expected);
  await again.engine.send(drawer, 'b', 'delete');
  expect(await again.engine.ask(drawer, 'b', 'read')).toEqual([[], []]);
});

test('large values and nothing at all', async () => {
  const folder = newFolder();
  const records = Array.from({ length: 30 }, (_, index) => ({
    type: note,
    id: `n${index}`,
    state: { text: 'x'.repeat(index * 10_000) },
  }));
  const large = await bootstrap({ module: BANK_MODULE, into: join(folder, 'large'), records });
  expect(await savepointDigest(join(folder, 'large'))).toEqual(large);
  const empty = await bootstrap({ module: BANK_MODULE, into: join(folder, 'empty'), records: [] });
  const { engine } = await openBank('millrace', join(folder, 'data'), { from: join(folder, 'empty') });
  expect(empty.entityCount).toBe(0);
  expect(await engine.ask(account, 'anybody', 'balance')).toBe(0);
});

test.each<[string, unknown, RegExp]>([
  [
    'an unknown function',
    { type: 'bank/vault', id: 'a', state: {} },
    /no function of this module is named "bank\/vault"/,
  ],
  ['no function', { id: 'a', state: {} }, /no function of this module is named undefined/],
  ['an unknown state', { type: account, id: 'a', state: { balanse: 1 } }, /declares no state named "balanse"/],
  ['an empty id', { type: account, id: '', state: {} }, /is not a string of 1 to 1024 characters/],
  ['no state', { type: account, id: 'a' }, /its state is undefined/],
  ['a function as a value', { type: account, id: 'a', state: { balance: () => 1 } }, /State cannot hold a function/],
  ['a table that is none', { type: drawer, id: 'a', state: { things: [1] } }, /neither a Map nor an object/],
  ['a list that is none', { type: drawer, id: 'a', state: { log: 'abc' } }, /is not an array/],
  ['a key that is none', { type: drawer, id: 'a', state: { things: { '': 1 } } }, /The key "" is not allowed/],
  ['undefined in a list', { type: drawer, id: 'a', state: { log: [1, undefined] } }, /list "log" holds undefined/],
  ['nothing', null, /no function of this module/],
])('%s is refused with the number of the record', async (_, wrong, message) => {
  const into = join(newFolder(), 'savepoint');
  const records = [...accounts(3), wrong as BootstrapRecord, ...accounts(3)];
  const failure = bootstrap({ module: BANK_MODULE, into, records });
  await expect(failure).rejects.toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { record: 4 } });
  await expect(failure).rejects.toThrow(message);
  expect(existsSync(into)).toBe(false);
});

test('a source that fails, a place that is taken and a module that is none leave nothing behind', async () => {
  const folder = newFolder();
  function* failing(): Generator<BootstrapRecord> {
    yield* accounts(10_000);
    throw new Error('the disk of the other system is gone');
  }
  const into = join(folder, 'savepoint');
  await expect(bootstrap({ module: BANK_MODULE, into, records: failing() })).rejects.toThrow(
    /the other system is gone/,
  );
  expect(existsSync(into)).toBe(false);
  await bootstrap({ module: BANK_MODULE, into, records: accounts(1) });
  const taken = bootstrap({ module: BANK_MODULE, into, records: accounts(1) });
  await expect(taken).rejects.toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { path: into } });
  const module = new URL('./no-such-module.ts', import.meta.url);
  await expect(bootstrap({ module, into, records: [] })).rejects.toMatchObject({ code: 'MODULE_NOT_LOADED' });
  expect(await savepointDigest(into)).toMatchObject({ entityCount: 1 });
});

/** A record as the sorter reads it, of this key and one byte of value. */
function recordOf(key: Uint8Array, mark: number): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16LE(key.length, 0);
  head.writeUInt32LE(1, 2);
  return Buffer.concat([head, key, Buffer.of(mark)]);
}

test('records are sorted by the bytes of their keys, and those of one key stay in order', () => {
  const keys = fc.array(fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constantFrom(...alikeKeys())), { maxLength: 60 });
  fc.assert(
    fc.property(keys, (drawn) => {
      const bytes = Buffer.concat(drawn.map((key, index) => recordOf(key, index)));
      const expected = drawn
        .map((key, index) => ({ key: Buffer.from(key), index }))
        .toSorted((a, b) => a.key.compare(b.key) || a.index - b.index)
        .map(({ index }) => index);
      expect(sortedRecords(bytes).map(({ valueStart }) => bytes[valueStart])).toEqual(expected);
    }),
    { seed: 11, numRuns: 300 },
  );
});

/** Keys that begin alike, are parts of each other, or end in zeros. */
function alikeKeys(): Uint8Array[] {
  const random = new Prng(3);
  const whole = Uint8Array.from({ length: 9 }, () => random.below(4));
  return [whole, whole.subarray(0, 4), whole.subarray(0, 5), Uint8Array.of(...whole, 0), Uint8Array.of(...whole, 0, 0)];
}
