/**
 * Entries that expire and entries and elements of many versions, as invocations see them: in place and on the side, and
 * with other code over the same rows; and what the sweep removes of them.
 */
import { describe, expect, test } from 'vitest';
import { type Context, defineFunction, type List, list, type Table, table } from '../../../src/index.ts';
import type { AnyStateSpec, StateSpecs } from '../../../src/sdk/state.ts';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import { entryDue, entryExpiryKey, readExpiryKey } from '../../../src/shard/rows/expiry-rows.ts';
import { ListHandle } from '../../../src/shard/invocation/list-handle.ts';
import { RowWrites } from '../../../src/shard/rows/row-writes.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import type { StateHolder } from '../../../src/shard/invocation/state-handle.ts';
import { TableHandle } from '../../../src/shard/invocation/table-handle.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { rowPrefix } from '../../../src/state/row.ts';
import { bareValue, KeptValue } from '../../../src/state/kept-value.ts';
import { stateShape } from '../../../src/state/state-view.ts';
import { SECTION_EXPIRY, SECTION_LIST, SECTION_TABLE } from '../../../src/store/key-layout.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { countSchema } from '../../small-schema.ts';
import { gate, Stage } from './stage.ts';

type Work = (ctx: Context<StateSpecs>) => unknown;

const works: Work[] = [];

function answer(ctx: Context<StateSpecs>, given: unknown): void {
  if (ctx.caller !== undefined) ctx.reply(given);
}

class RowStage extends Stage {
  readonly clock: SimulatedClock;

  constructor(state: StateSpecs, isAsync: boolean) {
    const clock = new SimulatedClock(1_000_000);
    const invoke = (ctx: Context<StateSpecs>, work: number): void => answer(ctx, works[work](ctx));
    const invokeAsync = async (ctx: Context<StateSpecs>, work: number): Promise<void> =>
      answer(ctx, await works[work](ctx));
    super([defineFunction({ type: 'test/rows', state, invoke: isAsync ? invokeAsync : invoke })], { clock });
    this.clock = clock;
  }

  async run(work: Work, id = 'Kim'): Promise<unknown> {
    const asked = this.ask('test/rows', id, works.push(work) - 1);
    await this.play();
    if (asked.error !== undefined) throw asked.error.cause;
    return asked.answer;
  }

  keys(section: number): string[] {
    const rows = this.engine.shards.flatMap((shard) => [...shard.rows.inMemory()]);
    return rows
      .filter(({ key, value: row }) => key.charCodeAt(2) === section && row !== undefined)
      .map(({ key }) => key);
  }

  /** When rows of entries are due. */
  entryDues(): number[] {
    const keys = this.keys(SECTION_EXPIRY).map(readExpiryKey);
    return keys.filter(({ rowKey }) => rowKey !== undefined).map(({ due }) => due);
  }

  /** Entries, rows of what expires, entities: all that there is. */
  get counts(): number[] {
    return [this.keys(SECTION_TABLE).length, this.keys(SECTION_EXPIRY).length, this.entityCount];
  }
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

const expiring = { items: table<number>({ expire: { after: 1_000 } }) };

describe.each([false, true])('async: %s', (isAsync) => {
  test('an entry is gone on the millisecond, and by itself', async () => {
    const stage = new RowStage({ hits: table({ initial: 0, expire: { after: 1_000 } }) }, isAsync);
    await stage.run((ctx) => ctx.state['hits'].set('a', 1));
    stage.clock.advance(500);
    await stage.run((ctx) => ctx.state['hits'].set('b', 2));
    const look: Work = ({ state: { hits } }) => ['a', 'b'].map((key) => [hits.get(key), hits.has(key)]);
    stage.clock.advance(499);
    expect(await stage.run(look)).toEqual([
      [1, true],
      [2, true],
    ]);
    stage.clock.advance(1);
    expect(await stage.run(look)).toEqual([
      [0, false],
      [2, true],
    ]);
    stage.clock.advance(500);
    expect(await stage.run(look)).toEqual([
      [0, false],
      [0, false],
    ]);
  });

  test('an entry that is read lives on, never shorter and at most a tenth longer', async () => {
    const stage = new RowStage({ items: table({ expire: { after: 1_000, since: 'access' } }) }, isAsync);
    await stage.run((ctx) => ctx.state['items'].set('a', 'kept'));
    for (const wait of [50, 90, 999, 1_000, 1, 950, 1_000]) {
      stage.clock.advance(wait);
      expect(await stage.run((ctx) => ctx.state['items'].get('a'))).toBe('kept');
    }
    stage.clock.advance(1_100);
    expect(await stage.run((ctx) => ctx.state['items'].get('a'))).toBe(undefined);
    await stage.play();
    stage.clock.advance(1_000);
    await stage.play();
    expect(stage.counts).toEqual([0, 0, 0]);
  });

  test('all that expires is removed without anybody asking, and nothing is left', async () => {
    const stage = new RowStage(expiring, isAsync);
    await stage.run(({ state: { items } }) => {
      for (const key of ['a', 'b', 'c']) items.set(key, 1);
      items.delete('b');
    });
    stage.clock.advance(999);
    await stage.play();
    expect(stage.keys(SECTION_TABLE)).toHaveLength(2);
    for (let step = 0; step < 3; step++) {
      stage.clock.advance(101);
      await stage.play();
    }
    expect(stage.counts).toEqual([0, 0, 0]);
  });

  test('an entry that is set again and again has a row a tenth of its time, and stays', async () => {
    const stage = new RowStage(expiring, isAsync);
    for (let step = 0; step < 300; step++) {
      await stage.run((ctx) => ctx.state['items'].set('a', step));
      stage.clock.advance(10);
      await stage.play();
      expect(stage.entryDues().length).toBeLessThanOrEqual(12);
    }
    expect(await stage.run((ctx) => ctx.state['items'].get('a'))).toBe(299);
    stage.clock.advance(1_300);
    await stage.play();
    expect(stage.counts).toEqual([0, 0, 0]);
  });

  test('what is left of a cleared table and a deleted entity is no entry that was set since', async () => {
    const stage = new RowStage(expiring, isAsync);
    for (const end of ['clear', 'delete'] as const) {
      await stage.run((ctx) => ctx.state['items'].set('a', 1));
      stage.clock.advance(600);
      await stage.run((ctx) => {
        if (end === 'clear') ctx.clear('items');
        else ctx.delete();
        ctx.state['items'].set('a', 2);
      });
      stage.clock.advance(600);
      await stage.play();
      expect(await stage.run((ctx) => ctx.state['items'].get('a'))).toBe(2);
      stage.clock.advance(600);
      await stage.play();
      expect(stage.counts).toEqual([0, 0, 0]);
    }
  });

  test('a failed invocation leaves no row', async () => {
    const stage = new RowStage(expiring, isAsync);
    const failing = stage.run((ctx) => {
      ctx.state['items'].set('a', 1);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(stage.counts).toEqual([0, 0, 0]);
  });

  test('what has expired does not count as state', async () => {
    const stage = new RowStage(expiring, isAsync);
    await stage.run((ctx) => ctx.state['items'].set('a', 1));
    const again = works.push((ctx) => ctx.state['items'].set('b', 2)) - 1;
    stage.engine.coordinator.send('test/rows', 'Kim', again, { ifExists: true });
    await stage.play();
    expect(stage.keys(SECTION_TABLE)).toHaveLength(2);
    stage.clock.advance(1_100);
    stage.engine.coordinator.send('test/rows', 'Kim', again, { ifExists: true });
    await stage.play();
    stage.clock.advance(100);
    await stage.play();
    expect(stage.counts).toEqual([0, 0, 0]);
  });
});

test('going through entries leaves out what has expired, also on the way, and does not count it', async () => {
  const stage = new RowStage(expiring, true);
  await stage.run((ctx) => ctx.state['items'].set('a', 1));
  stage.clock.advance(500);
  await stage.run(({ state: { items } }) => {
    for (const key of ['b', 'c']) items.set(key, 2);
  });
  stage.clock.advance(500);
  const seen = await stage.run(async ({ state: { items } }) => [
    await collect(items.entries({ limit: 2 })),
    await collect(items.keys()),
    await collect(items.values()),
  ]);
  expect(seen).toEqual([
    [
      ['b', 2],
      ['c', 2],
    ],
    ['b', 'c'],
    [2, 2],
  ]);
  const waiting = gate();
  const found: unknown[] = [];
  await stage.run(async ({ state: { items } }) => {
    for await (const key of items.keys()) {
      found.push(key);
      await waiting.promise;
    }
    found.push('the end');
  });
  stage.clock.advance(700);
  await stage.play();
  // The entity is busy; its entries go all the same.
  expect(stage.keys(SECTION_TABLE)).toEqual([]);
  waiting.open();
  await stage.play();
  expect(found).toEqual(['b', 'the end']);
});

test('many entries of one table are removed a few a turn', async () => {
  const stage = new RowStage(expiring, false);
  await stage.run(({ state: { items } }) => {
    for (let key = 0; key < 3_000; key++) items.set(`${key}`, key);
  });
  expect(stage.keys(SECTION_EXPIRY)).toHaveLength(3_001);
  stage.clock.advance(1_300);
  let turnCount = 0;
  for (let left = 3_000; left > 0; turnCount++) {
    for (let thread = 0; thread < stage.engine.threadCount; thread++) stage.engine.turn(thread);
    await stage.engine.settle();
    const now = stage.keys(SECTION_TABLE).length;
    expect(left - now).toBeLessThanOrEqual(64);
    left = now;
  }
  await stage.play();
  expect([turnCount > 40, stage.counts]).toEqual([true, [0, 0, 0]]);
});

test('a schema is asked for entries that expire, too', async () => {
  const stage = new RowStage({ items: table({ schema: countSchema, expire: { after: 10 } }) }, false);
  await expect(stage.run((ctx) => ctx.state['items'].set('a', -1))).rejects.toMatchObject({ code: 'STATE_INVALID' });
  expect(await stage.run(({ state: { items } }) => (items.set('a', '7'), items.get('a')))).toBe(7);
});

/** Rows and cells of one entity, for one code after the other. */
class Kept implements StateHolder {
  readonly #rows = new Rows(new DirtyEntities());
  readonly rows = new RowWrites(this.#rows);
  readonly cells: unknown[] = [];
  now = 0;

  open(spec: AnyStateSpec): Table<unknown> & List<unknown> {
    this.rows.apply();
    // As if it had come from disk.
    for (const { value } of this.#rows.inMemory()) if (value instanceof KeptValue) value.isOpen = false;
    const [slot] = stateShape({ items: spec }).slots;
    const Handle = spec.kind === 'table' ? TableHandle : ListHandle;
    return new Handle(this, { type: 'test/rows', hash: hashId('Kim'), id: 'Kim' }, slot) as never;
  }

  readCell(index: number): unknown {
    return bareValue(this.cells[index]);
  }
  getCell(index: number): unknown {
    return this.cells[index];
  }
  writeCell(index: number, cell: unknown): void {
    this.cells[index] = cell;
  }
  keepCell(index: number, kept: KeptValue): void {
    this.cells[index] = kept;
  }
  armRow(key: string): void {
    this.rows.set(key, true);
  }
  time(): number {
    return this.now;
  }
  checkValue(): void {}
  guard(kept: unknown): unknown {
    return kept;
  }
}

const toText = (n: number): string => `${n}`;
const toObject = (text: string): object => ({ text });
const failed = expect.objectContaining({ code: 'STATE_MIGRATION_FAILED' });

describe('with other code', () => {
  test('entries and elements are brought up to date, each from its own version', () => {
    const kept = new Kept();
    kept.open(table()).set('a', 1);
    kept.open(table({ version: 2, migrate: { 1: toText } })).set('b', '2');
    const third = kept.open(table({ version: 3, migrate: { 1: toText, 2: toObject } }));
    third.set('c', { text: '3' });
    expect(['a', 'b', 'c'].map((key) => third.get(key))).toEqual([{ text: '1' }, { text: '2' }, { text: '3' }]);
    const log = new Kept();
    log.open(list()).append(1);
    log.open(list({ version: 2, migrate: { 1: toText } })).append('2');
    const elements = log.open(list({ version: 3, migrate: { 1: toText, 2: toObject } })).view();
    expect([...elements]).toEqual([{ text: '1' }, { text: '2' }]);
  });

  test('what newer code has set is not read, and not written over by code that has a version', () => {
    const kept = new Kept();
    kept.open(table({ version: 3 })).set('a', 3);
    const second = kept.open(table({ version: 2 }));
    expect(() => second.get('a')).toThrow(failed);
    expect(() => second.set('a', 2)).toThrow(failed);
    expect(() => kept.open(table()).get('a')).toThrow(failed);
    second.delete('a');
    expect(second.has('a')).toBe(false);
  });

  test('without a step an entry stays as it is', () => {
    const kept = new Kept();
    kept.open(table()).set('a', 1);
    expect(() => kept.open(table({ version: 2 })).get('a')).toThrow(failed);
    expect(kept.open(table()).get('a')).toBe(1);
  });

  test('a table that gets an expiration counts from when an entry is read', () => {
    const kept = new Kept();
    kept.open(table()).set('a', 1);
    kept.now = 10_000;
    const expires = table({ expire: { after: 1_000 } });
    expect(kept.open(expires).get('a')).toBe(1);
    kept.now += 999;
    expect(kept.open(expires).get('a')).toBe(1);
    kept.now += 1;
    expect(kept.open(expires).get('a')).toBe(undefined);
    // Other entries may be there for ever.
    expect(kept.cells).toEqual([true]);
  });

  test('a list that gets an expiration counts from when it is used; one that loses it keeps its times', () => {
    const kept = new Kept();
    kept.open(list()).appendAll(['a', 'b']);
    kept.now = 10_000;
    const expires = list({ expire: { after: 1_000 } });
    expect([kept.open(expires).length, ...kept.open(expires).view()]).toEqual([2, 'a', 'b']);
    kept.now += 500;
    kept.open(expires).append('c');
    kept.now += 499;
    expect([kept.open(expires).length, ...kept.open(expires).view()]).toEqual([3, 'a', 'b', 'c']);
    kept.now += 1;
    expect([kept.open(expires).length, ...kept.open(expires).view()]).toEqual([1, 'c']);
    kept.open(list()).append('d');
    const seen = kept.open(list());
    kept.now += 500;
    expect([...seen.view()].at(-1)).toBe('d');
    expect([...seen.view()]).not.toContain('c');
  });

  test('a table that loses it keeps to the times of what was set before', () => {
    const kept = new Kept();
    kept.open(table({ expire: { after: 1_000 } })).set('a', 1);
    expect(kept.cells).toEqual([new KeptValue(true, 1, 1_100, true)]);
    const plain = kept.open(table());
    kept.now = 999;
    expect(plain.get('a')).toBe(1);
    plain.set('b', 2);
    expect(kept.cells).toEqual([true]);
    kept.now = 1_000;
    expect([plain.get('a'), plain.get('b')]).toEqual([undefined, 2]);
  });
});

test('the row of an entry is due when it expires, or up to a tenth later, and says which entry it is', () => {
  for (const id of ['Kim', 'ä', '']) {
    for (const section of [SECTION_TABLE, SECTION_LIST]) {
      const prefix = rowPrefix(section, 'test/rows', hashId(id), id);
      const rowKey = `${prefix}\0\x03abcX`;
      for (const deadline of [1, 999, 1_000, 12_345.5]) {
        const due = entryDue(deadline, 100, hashId(rowKey));
        expect(due).toBeGreaterThanOrEqual(deadline);
        expect(due).toBeLessThan(deadline + 101);
        const key = entryExpiryKey(due, rowKey, prefix.length);
        expect(readExpiryKey(key)).toEqual({ due, type: 'test/rows', id, rowKey });
      }
    }
  }
});

test('what is no version and no expiration is refused', () => {
  for (const options of [{ version: 0 }, { migrate: { 1: () => 1 } }]) {
    expect(() => table(options)).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
    expect(() => list(options)).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
  }
  expect(() => table({ expire: { after: 0 } })).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
});
