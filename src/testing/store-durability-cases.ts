/** Conformance: what stays. Opening anew, many batches, calls at the same time, closing. */
import assert from 'node:assert/strict';
import { bytes, shuffledKeys, type StoreCase, text } from './store-case.ts';

export const DURABILITY_CASES: readonly StoreCase[] = [
  {
    name: 'what was written is there after opening anew, and what was deleted is not',
    async run(subject) {
      await subject.write([
        ['a', '1'],
        ['b', '2'],
      ]);
      await subject.reopen();
      await subject.write([
        ['b', undefined],
        ['c', '3'],
      ]);
      await subject.reopen();
      assert.deepEqual(await subject.list(), ['a=1', 'c=3']);
      assert.equal(await subject.get('b'), undefined);
      await subject.reopen();
      assert.deepEqual(await subject.list(), ['a=1', 'c=3']);
    },
  },
  {
    name: 'many batches over few keys, opened anew in between',
    async run(subject) {
      for (let round = 0; round < 6; round++) {
        for (let turn = 0; turn < 20; turn++) {
          const value = `${round}-${turn}-${'x'.repeat(500)}`;
          await subject.write(shuffledKeys(50).map((key) => [key, value]));
        }
        await subject.reopen();
      }
      const expected = `5-19-${'x'.repeat(500)}`;
      assert.deepEqual(
        await subject.list(),
        shuffledKeys(50)
          .map((key) => `${key}=${expected}`)
          .toSorted(),
      );
    },
  },
  {
    name: 'batches at the same time take effect in the order of their writing',
    async run(subject) {
      const writes: Promise<void>[] = [];
      for (let round = 0; round < 200; round++) {
        writes.push(
          subject.write([
            ['shared', `${round}`],
            [`own-${round}`, `${round}`],
          ]),
        );
      }
      await Promise.all(writes);
      assert.equal(await subject.get('shared'), '199');
      assert.equal((await subject.list('own-')).length, 201);
      await subject.reopen();
      assert.equal(await subject.get('shared'), '199');
      assert.equal((await subject.list('own-')).length, 201);
    },
  },
  {
    name: 'a read sees a batch wholly or not at all',
    async run(subject) {
      const keys = shuffledKeys(1_500).map(bytes);
      let isWriting = true;
      const writing = (async () => {
        for (let round = 0; round < 10; round++) await subject.write(keys.map((key) => [key, `${round}`]));
        isWriting = false;
      })();
      let last = -1;
      do {
        const values = new Set((await subject.store.getMany(keys)).map((value) => value && text(value)));
        assert.equal(values.size, 1, [...values].join());
        const round = Number([...values][0] ?? -1);
        assert.ok(round >= last, 'an older state than before');
        last = round;
      } while (isWriting);
      await writing;
      assert.equal(await subject.get(keys[0]), '9');
    },
  },
  {
    name: 'calls of all kinds at the same time',
    async run(subject) {
      const keys = shuffledKeys(3_000);
      await subject.write(keys.map((key) => [key, '0']));
      const outcomes = await Promise.all([
        subject.write(keys.map((key) => [key, '1'])),
        subject.list(),
        subject.store.getMany(keys.map(bytes)),
        subject.write(keys.map((key) => [key, '2'])),
        subject.list('', undefined, 1_000),
      ]);
      assert.deepEqual([outcomes[1].length, outcomes[2].length, outcomes[4].length], [3_000, 3_000, 3_000]);
      assert.equal(await subject.get(keys[0]), '2');
    },
  },
  {
    name: 'closing waits for what is under way, and can be done twice',
    async run(subject) {
      const writing = subject.write(shuffledKeys(2_000).map((key) => [key, 'x'.repeat(200)]));
      await subject.reopen();
      await writing;
      assert.equal((await subject.list()).length, 2_000);
      await Promise.all([subject.store.close(), subject.store.close()]);
      await subject.reopen();
    },
  },
  {
    name: 'a closed store rejects every call',
    async run(subject) {
      await subject.write([['a', '1']]);
      const scan = subject.store.scan(bytes(''), undefined)[Symbol.asyncIterator]();
      const batch = subject.store.batch();
      batch.put(bytes('b'), bytes('2'));
      await subject.store.close();
      await assert.rejects(subject.store.getMany([bytes('a')]));
      await assert.rejects(batch.write());
      await assert.rejects(subject.write([['c', '3']]));
      await assert.rejects(async () => scan.next());
      await assert.rejects(subject.list());
      await subject.reopen();
      assert.deepEqual(await subject.list(), ['a=1']);
    },
  },
];
