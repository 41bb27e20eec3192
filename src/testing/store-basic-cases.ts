/** Conformance: what goes in comes out. Empty stores, values of all sizes, batches, look-ups, capabilities. */
import assert from 'node:assert/strict';
import { bytes, shuffledKeys, type StoreCase, text } from './store-case.ts';

const LARGE_VALUE_BYTES = 1 << 20;
const MANY_KEYS = 20_000;

/** Bytes that differ from place to place, so that a part of one value is not taken for another. */
function largeValue(seed: number): Uint8Array {
  return Uint8Array.from({ length: LARGE_VALUE_BYTES }, (_, index) => (index * seed + (index >> 8)) & 0xff);
}

export const BASIC_CASES: readonly StoreCase[] = [
  {
    name: 'an empty store holds nothing',
    async run(subject) {
      assert.deepEqual(await subject.store.getMany([bytes('a'), bytes('b')]), [undefined, undefined]);
      assert.deepEqual(await subject.store.getMany([]), []);
      assert.deepEqual(await subject.list(), []);
    },
  },
  {
    name: 'what was put is there, what was deleted is not',
    async run(subject) {
      await subject.write([
        ['a', '1'],
        ['b', '2'],
      ]);
      await subject.write([
        ['a', undefined],
        ['b', '3'],
        ['c', '4'],
        ['never there', undefined],
      ]);
      assert.deepEqual(await subject.list(), ['b=3', 'c=4']);
      assert.deepEqual([await subject.get('a'), await subject.get('b')], [undefined, '3']);
    },
  },
  {
    name: 'the last change to a key in a batch counts',
    async run(subject) {
      await subject.write([
        ['a', '1'],
        ['a', '2'],
        ['b', '1'],
        ['b', undefined],
        ['c', undefined],
        ['c', '3'],
      ]);
      assert.deepEqual(await subject.list(), ['a=2', 'c=3']);
      assert.equal(await subject.get('a'), '2');
      assert.equal(await subject.get('b'), undefined);
    },
  },
  {
    name: 'an empty value is a value',
    async run(subject) {
      await subject.write([['empty', '']]);
      assert.equal(await subject.get('empty'), '');
      assert.deepEqual(await subject.list(), ['empty=']);
    },
  },
  {
    name: 'a batch counts its changes, and an empty one can be written',
    async run(subject) {
      const batch = subject.store.batch();
      assert.equal(batch.count, 0);
      await batch.write();
      const other = subject.store.batch();
      other.put(bytes('a'), bytes('1'));
      other.delete(bytes('a'));
      assert.equal(other.count, 2);
      await other.write();
      assert.deepEqual(await subject.list(), []);
    },
  },
  {
    name: 'a batch that is not written changes nothing',
    async run(subject) {
      subject.store.batch().put(bytes('a'), bytes('1'));
      await subject.write([['b', '2']]);
      assert.deepEqual(await subject.list(), ['b=2']);
    },
  },
  {
    name: 'a batch copies what it is given',
    async run(subject) {
      const key = bytes('key');
      const value = bytes('value');
      const batch = subject.store.batch();
      batch.put(key, value);
      key.fill(0);
      value.fill(0);
      await batch.write();
      assert.deepEqual(await subject.list(), ['key=value']);
    },
  },
  {
    name: 'the values of a look-up belong to the caller',
    async run(subject) {
      await subject.write([['a', '1']]);
      const [value] = await subject.store.getMany([bytes('a')]);
      value?.fill(0);
      assert.equal(await subject.get('a'), '1');
    },
  },
  {
    name: 'getSync answers at once, like getMany, whether or not it was written in this life',
    async run(subject) {
      await subject.write([
        ['a', '1'],
        ['ab', ''],
        ['b', '2'],
        ['large', largeValue(11)],
      ]);
      for (let life = 0; life < 2; life++) {
        const values = ['a', 'ab', 'abc', 'b', ''].map((key) => subject.store.getSync(bytes(key)));
        assert.deepEqual(
          values.map((value) => value && text(value)),
          ['1', '', undefined, '2', undefined],
        );
        const large = subject.store.getSync(bytes('large'));
        assert.ok(large !== undefined && Buffer.compare(large, largeValue(11)) === 0);
        // They belong to the caller.
        large.fill(0);
        values[0]?.fill(0);
        assert.equal(text(subject.store.getSync(bytes('a')) ?? bytes('none')), '1');
        await subject.reopen();
      }
      await subject.write([
        ['a', undefined],
        ['b', '3'],
      ]);
      const after = ['a', 'b'].map((key) => subject.store.getSync(bytes(key)));
      assert.deepEqual([after[0], after[1] && text(after[1])], [undefined, '3']);
    },
  },
  {
    name: 'getMany answers in the order of the keys, with duplicates and misses',
    async run(subject) {
      await subject.write([
        ['a', '1'],
        ['c', '3'],
      ]);
      const values = await subject.store.getMany(['c', 'b', 'a', 'c', ''].map(bytes));
      assert.deepEqual(
        values.map((value) => value && text(value)),
        ['3', undefined, '1', '3', undefined],
      );
    },
  },
  {
    name: 'values of 1 MiB',
    async run(subject) {
      for (const seed of [3, 5, 7])
        await subject.write([
          [`large-${seed}`, largeValue(seed)],
          ['small', `${seed}`],
        ]);
      await subject.reopen();
      const values = await subject.store.getMany(['large-5', 'small', 'large-7', 'large-3'].map(bytes));
      const expected = [largeValue(5), bytes('7'), largeValue(7), largeValue(3)];
      for (const [index, value] of values.entries()) assert.ok(value && Buffer.compare(value, expected[index]) === 0);
    },
  },
  {
    name: '20,000 keys, some deleted again',
    async run(subject) {
      const keys = shuffledKeys(MANY_KEYS);
      for (let from = 0; from < keys.length; from += 1_000) {
        await subject.write(keys.slice(from, from + 1_000).map((key) => [key, `value of ${key}`]));
      }
      await subject.write(keys.filter((key) => key.endsWith('7')).map((key) => [key, undefined]));
      const expected = keys.filter((key) => !key.endsWith('7')).map((key) => `${key}=value of ${key}`);
      assert.deepEqual(await subject.list(), expected.toSorted());
      const values = await subject.store.getMany(keys.map(bytes));
      assert.equal(values.filter((value) => value === undefined).length, MANY_KEYS / 10);
      assert.ok(
        keys.every((key, index) => key.endsWith('7') || text(values[index] ?? bytes('')) === `value of ${key}`),
      );
    },
  },
  {
    name: 'capabilities say what it is',
    async run(subject) {
      const { name, injectedFileSystem, streamingScan } = subject.store.capabilities;
      assert.match(name, /^[a-z][a-z0-9-]*$/);
      assert.equal(typeof injectedFileSystem, 'boolean');
      assert.equal(typeof streamingScan, 'boolean');
      await subject.reopen();
      assert.equal(subject.store.capabilities.name, name);
    },
  },
];
