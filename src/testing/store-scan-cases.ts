/** Conformance: ranges. Their order and bounds, their groups, and that a scan sees the store as it was. */
import assert from 'node:assert/strict';
import { bytes, entriesOf, shuffledKeys, type StoreCase, type StoreSubject, text } from './store-case.ts';

async function writeLetters(subject: StoreSubject): Promise<void> {
  await subject.write(['b', 'a', 'd', 'c', 'e'].map((letter) => [letter, letter.toUpperCase()]));
}

export const SCAN_CASES: readonly StoreCase[] = [
  {
    name: 'keys are ordered by unsigned bytes, a prefix first',
    async run(subject) {
      const ordered = [
        [0],
        [0, 0],
        [0, 1],
        [1],
        [0x7f],
        [0x7f, 0xff],
        [0x80],
        [0x80, 0],
        [0xfe, 0xff],
        [0xff],
        [0xff, 0xff],
      ];
      const keys = ordered.map((key) => Uint8Array.from(key));
      await subject.write(keys.toReversed().map((key) => [key, '']));
      const scanned = await entriesOf(subject.store.scan(bytes(''), undefined));
      assert.deepEqual(
        scanned.map(({ key }) => [...key]),
        ordered,
      );
    },
  },
  {
    name: 'a range has its first key and not its last',
    async run(subject) {
      await writeLetters(subject);
      assert.deepEqual(await subject.list('b', 'd'), ['b=B', 'c=C']);
      assert.deepEqual(await subject.list('aa', 'd\0'), ['b=B', 'c=C', 'd=D']);
      assert.deepEqual(await subject.list('', 'b'), ['a=A']);
      assert.deepEqual(await subject.list('d'), ['d=D', 'e=E']);
    },
  },
  {
    name: 'ranges that hold nothing',
    async run(subject) {
      await writeLetters(subject);
      assert.deepEqual(await subject.list('c', 'c'), []);
      assert.deepEqual(await subject.list('d', 'b'), []);
      assert.deepEqual(await subject.list('ca', 'cb'), []);
      assert.deepEqual(await subject.list('f'), []);
      assert.deepEqual(await subject.list('', 'a'), []);
    },
  },
  {
    name: 'a scan comes in groups of about the size that was asked for, and none is empty',
    async run(subject) {
      const keys = shuffledKeys(2_000);
      await subject.write(keys.map((key) => [key, 'x'.repeat(100)]));
      const sizes: number[] = [];
      for await (const group of subject.store.scan(bytes(''), undefined, 4_096)) {
        sizes.push(group.reduce((sum, { key, value }) => sum + key.length + value.length, 0));
      }
      assert.ok(sizes.length > 10, `${sizes.length} groups`);
      assert.ok(
        sizes.every((size) => size > 0 && size <= 3 * 4_096),
        `sizes up to ${Math.max(...sizes)}`,
      );
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        2_000 * 112,
      );
    },
  },
  {
    name: 'a scan may be given up early',
    async run(subject) {
      await subject.write(shuffledKeys(2_000).map((key) => [key, 'x'.repeat(100)]));
      for await (const group of subject.store.scan(bytes(''), undefined, 1_024)) {
        assert.equal(text(group[0].key), 'key-00000000');
        break;
      }
      assert.equal((await subject.list()).length, 2_000);
    },
  },
  {
    name: 'a scan sees the store as it was when it was asked for',
    async run(subject) {
      const keys = shuffledKeys(4_000);
      await subject.write(keys.map((key) => [key, 'before']));
      const scan = subject.store.scan(bytes(''), undefined, 4_096);
      const iterator = scan[Symbol.asyncIterator]();
      await subject.write(keys.map((key) => [key, 'after']));
      const seen = [await iterator.next()];
      await subject.write(keys.map((key) => [key, undefined]));
      await subject.write(keys.map((key) => [`${key}-more`, 'after'.repeat(50)]));
      while (seen.at(-1)?.done !== true) seen.push(await iterator.next());
      const entries = seen
        .flatMap(({ done, value }) => (done === true ? [] : value))
        .map((entry) => entry ?? assert.fail());
      assert.deepEqual(
        entries.map(({ key, value }) => `${text(key)}=${text(value)}`),
        keys.toSorted().map((key) => `${key}=before`),
      );
      assert.deepEqual(await subject.list('', 'key-00000001'), [`key-00000000-more=${'after'.repeat(50)}`]);
    },
  },
  {
    name: 'scans at the same time do not know of each other',
    async run(subject) {
      await subject.write(shuffledKeys(1_000).map((key) => [key, '']));
      const first = subject.list('', undefined, 512);
      const second = subject.list('key-00000500', 'key-00000600', 512);
      assert.deepEqual([(await first).length, (await second).length], [1_000, 100]);
    },
  },
];
