/**
 * Entities to records and back, with whatever a state may hold; and what keeps records readable by later versions of a
 * module: names instead of numbers, states that come and go.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashId } from '../../../src/keys/id-hash.ts';
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import { value } from '../../../src/index.ts';
import { CellGuard } from '../../../src/state/cell-guard.ts';
import { Cells, Entity } from '../../../src/state/entity.ts';
import { KeptValue, NEVER } from '../../../src/state/kept-value.ts';
import { readKey, readRecord, readRowValue, readValue, type RecordSpan } from '../../../src/state/record-reader.ts';
import { recordNames, RecordWriter } from '../../../src/state/record-writer.ts';
import { keyGroupOfKey } from '../../../src/store/key-layout.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';

const codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);
const NAMES = recordNames('shop/cart', ['items', 'größe', 'c']);

const id = fc.oneof(fc.string({ minLength: 1, maxLength: 40 }), fc.string({ minLength: 1, unit: 'binary' }));
const state = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, false, undefined, -0, Number.NaN, '', 'x'.repeat(1_000)),
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.dictionary(fc.string(), fc.integer()).map((value) => ({ ...value })),
  fc.array(fc.integer()).map((items) => new Map(items.map((item) => [item, { item }]))),
  fc.uint8Array(),
  fc.jsonValue({ maxDepth: 12 }),
  // Deeper, longer and with more in it than the short form takes; and with what it does not take somewhere inside.
  fc.integer({ min: 0, max: 12 }).map((depth) => nested(depth, { name: 'Kim', counts: [1, 2.5, -7], isOpen: false })),
  fc.integer({ min: 250, max: 260 }).map((count) => Array.from({ length: count }, (_, index) => index)),
  fc
    .integer({ min: 250, max: 260 })
    .map((count) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]))),
  fc.integer({ min: 60, max: 70 }).map((length) => ({ ['k'.repeat(length)]: 't'.repeat(length * 4) })),
  fc.constantFrom(undefined, -0, 'größe', 1n, new Date(7)).map((item) => ({ a: 1, list: [item], b: { item } })),
);

function nested(depth: number, inner: unknown): unknown {
  return depth === 0 ? inner : depth % 2 === 0 ? [nested(depth - 1, inner), depth] : { in: nested(depth - 1, inner) };
}

function entityOf(entityId: string, cells: readonly unknown[]): Entity {
  const entity = new Entity(0, hashId(entityId), entityId);
  cells.forEach((cell, index) => entity.writeCell(index, cell));
  return entity;
}

function readBack(
  bytes: Buffer,
  at: number,
  names = NAMES,
): { type: string; id: string; cells: unknown[]; end: number } {
  const span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  readRecord(bytes, at, span);
  const cells = new Cells();
  if (span.valueStart !== -1) readValue(codec, bytes, span.valueStart, names, cells);
  const read = names.states.map((_, index) => cells.readCell(index));
  return { ...readKey(bytes, span.keyStart, span.keyEnd), cells: read, end: span.end };
}

test('whatever entities hold comes back, one record after the other', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.tuple(state, state, state)), { maxLength: 20 }), (entities) => {
      const writer = new RecordWriter(codec, 16);
      for (const [entityId, cells] of entities) writer.write(entityOf(entityId, cells), NAMES);
      const bytes = writer.bytes.subarray(0, writer.length);
      let at = 0;
      for (const [entityId, cells] of entities) {
        const read = readBack(bytes, at);
        expect(read).toMatchObject({ type: 'shop/cart', id: entityId });
        expect(read.cells).toStrictEqual(cells);
        at = read.end;
      }
      expect(at).toBe(bytes.length);
    }),
    { numRuns: 500 },
  );
});

test('what older versions have written is read', () => {
  const text = [2, 3, 0, 0, 0, ...Buffer.from('two')];
  const packed = [6, 8, 0, 0, 0, 0x81, 0xa5, ...Buffer.from('three'), 3];
  expect(readRowValue(codec, Uint8Array.from([1, ...text]))).toBe('two');
  expect(readRowValue(codec, Uint8Array.from([1, ...packed]))).toEqual({ three: 3 });
});

test('small lists and objects are bytes that anybody could write', () => {
  const writer = new RecordWriter(codec, 16);
  writer.writeValue({ due: 7, to: ['Kim', null, true] });
  const to = [11, 3, 10, 3, ...Buffer.from('Kim'), 3, 5];
  const bytes = [12, 2, 3, ...Buffer.from('due'), 0, 7, 0, 0, 0, 2, ...Buffer.from('to'), ...to];
  expect([...writer.bytes.subarray(0, writer.length)]).toEqual(bytes);
});

test('a property named __proto__ stays a property', () => {
  const value: unknown = JSON.parse('{"a":1,"__proto__":{"b":2}}');
  const writer = new RecordWriter(codec, 16);
  writer.writeValue(value);
  const read = readRowValue(codec, Uint8Array.from([1, ...writer.bytes.subarray(0, writer.length)])) as object;
  expect(Object.keys(read)).toEqual(['a', '__proto__']);
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
});

test('an entity that holds nothing is a removal', () => {
  const writer = new RecordWriter(codec, 16);
  writer.write(entityOf('Kim', []), NAMES);
  const span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  readRecord(writer.bytes, 0, span);
  expect([span.valueStart, span.end, readKey(writer.bytes, span.keyStart, span.keyEnd).id]).toEqual([
    -1,
    writer.length,
    'Kim',
  ]);
});

test('keys begin with the key group, and are the same alone and in a record', () => {
  const entity = entityOf('Kim', [1]);
  const alone = new RecordWriter(codec, 16);
  alone.writeKey(NAMES.type, entity.hash, entity.id);
  const key = alone.bytes.subarray(0, alone.length);
  expect(keyGroupOfKey(key)).toBe(keyGroupOfHash(entity.hash));
  const record = new RecordWriter(codec, 16);
  record.write(entity, NAMES);
  const span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  readRecord(record.bytes, 0, span);
  expect(record.bytes.subarray(span.keyStart, span.keyEnd)).toEqual(key);
});

test('states may be added, removed and put into another order', () => {
  const writer = new RecordWriter(codec, 16);
  writer.write(entityOf('Kim', [1, 'two', { three: 3 }]), NAMES);
  const later = recordNames('shop/cart', ['new', 'c', 'items']);
  expect(readBack(writer.bytes, 0, later).cells).toEqual([undefined, { three: 3 }, 1]);
});

test('a version and a deadline lie before the value, and only where there is one', () => {
  const kept = [
    new KeptValue('a', 1, NEVER, true),
    new KeptValue(2, 3, NEVER, true),
    new KeptValue({ x: 1 }, 65_535, 1e15, true),
  ];
  const guards = [1, 2, 3].map(() => new CellGuard('shop/cart', 'x', value()));
  const writer = new RecordWriter(codec, 16);
  writer.write(entityOf('Kim', kept), NAMES);
  const bare = new RecordWriter(codec, 16);
  bare.write(entityOf('Kim', ['a', 2, { x: 1 }]), NAMES);
  expect(writer.length - bare.length).toBe(3 + 3 + 9);
  const read = readBack(writer.bytes, 0, { ...NAMES, guards });
  const closed = kept.map(({ value: inner, version, deadline }) => new KeptValue(inner, version, deadline, false));
  expect(read.cells).toStrictEqual(closed);
});

test('values that only a guard can read ask for guards, and those of states that are gone do not', () => {
  const writer = new RecordWriter(codec, 16);
  writer.write(entityOf('Kim', ['a', undefined, new KeptValue('c', 2, NEVER, true)]), NAMES);
  let askedCount = 0;
  const guardAll = (): void => void askedCount++;
  expect(readBack(writer.bytes, 0, { ...NAMES, guardAll }).cells[2]).toStrictEqual(new KeptValue('c', 2, NEVER, false));
  expect(askedCount).toBe(1);
  readBack(writer.bytes, 0, { ...recordNames('shop/cart', ['items']), guardAll });
  expect(askedCount).toBe(1);
});
