/**
 * A ledger with and without a journal: what may leave and when, under which number, and what a restart or a roll-back
 * makes of it.
 */
import { describe, expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { durableStage, EgressStage } from './egress-stage.ts';

describe('without a data directory', () => {
  test('records leave at once, in order, and are numbered', () => {
    const stage = new EgressStage();
    stage.add('a');
    stage.add('b');
    expect(stage.ledger.take(1)).toEqual({ first: 0, records: ['a'] });
    expect(stage.ledger.take(9)).toEqual({ first: 1, records: ['b'] });
    expect([stage.ledger.pendingCount, stage.ledger.heldCount]).toEqual([2, 0]);
    stage.ledger.acknowledge();
    stage.add({ c: 1 });
    expect(stage.ledger.take(9)).toEqual({ first: 2, records: [{ c: 1 }] });
    expect(stage.ledger.acknowledgedCount).toBe(2);
  });
});

test('is crowded by a few records that the consumer has not taken, and by many that wait for a commit', async () => {
  const open = new EgressStage();
  for (let index = 0; index < 4; index++) open.add(index);
  expect([open.ledger.isCrowded(4), open.ledger.isCrowded(3)]).toEqual([false, true]);

  const held = durableStage();
  for (let index = 0; index < 64; index++) held.add(index);
  expect([held.ledger.isCrowded(4), held.ledger.isCrowded(3)]).toEqual([false, true]);
  await held.checkpoint();
  expect([held.ledger.isCrowded(64), held.ledger.isCrowded(63)]).toEqual([false, true]);
  held.takeAll();
  expect(held.ledger.isCrowded(63)).toBe(true);
  held.ledger.acknowledge();
  expect(held.ledger.isCrowded(0)).toBe(false);
});

describe('with a data directory', () => {
  test('nothing leaves before its epoch is committed (I5)', async () => {
    const stage = durableStage();
    stage.add('a');
    expect(stage.takeAll().records).toEqual([]);
    const position = await stage.end();
    stage.add('b');
    expect(stage.takeAll().records).toEqual([]);
    stage.commit(position);
    expect(stage.takeAll()).toEqual({ first: 0, records: ['a'] });
    expect(stage.ledger.heldCount).toBe(1);
    await stage.checkpoint();
    expect(stage.takeAll()).toEqual({ first: 1, records: ['b'] });
  });

  test('what a shard brings that is ahead belongs to the next epoch', async () => {
    const stage = durableStage();
    stage.add('ahead', true);
    stage.add('a');
    await stage.checkpoint();
    expect(stage.takeAll().records).toEqual(['a']);
    await stage.checkpoint();
    expect(stage.takeAll()).toEqual({ first: 1, records: ['ahead'] });
  });

  test('somebody who waits is woken by the commit', async () => {
    const stage = durableStage();
    let isWoken = false;
    void stage.ledger.changed.next().then(() => (isWoken = true));
    stage.add('a');
    const position = await stage.end();
    expect(isWoken).toBe(false);
    stage.commit(position);
    await Promise.resolve();
    expect(isWoken).toBe(true);
  });

  test('after a restart what was not acknowledged is there again, under the same numbers', async () => {
    const stage = durableStage();
    for (const record of ['a', { b: 2 }, ['c']]) stage.add(record);
    await stage.checkpoint();
    stage.ledger.take(1);
    stage.ledger.acknowledge('where it is');
    await stage.checkpoint();
    stage.add('never committed');
    const second = stage.restart();
    expect(second.ledger.sinkPosition).toBe('where it is');
    expect(second.takeAll()).toEqual({ first: 1, records: [{ b: 2 }, ['c']] });
    second.add('d');
    await second.checkpoint();
    expect(second.takeAll()).toEqual({ first: 3, records: ['d'] });
  });

  test('what was acknowledged after the last commit comes again', async () => {
    const stage = durableStage();
    for (const record of ['a', 'b']) stage.add(record);
    await stage.checkpoint();
    stage.takeAll();
    stage.ledger.acknowledge();
    expect(stage.restart().takeAll()).toEqual({ first: 0, records: ['a', 'b'] });
  });

  test('a roll-back forgets what was not committed, and keeps the rest in order', async () => {
    const stage = durableStage();
    for (const record of ['a', 'b', 'c']) stage.add(record);
    await stage.checkpoint();
    expect(stage.ledger.take(1).records).toEqual(['a']);
    stage.add('not committed');
    stage.add('ahead', true);
    stage.rollBack();
    expect(stage.ledger.heldCount).toBe(0);
    stage.add('d');
    await stage.checkpoint();
    expect(stage.takeAll()).toEqual({ first: 1, records: ['b', 'c', 'd'] });
  });

  test('an epoch that had ended and was not committed is forgotten, too', async () => {
    const stage = durableStage();
    stage.add('a');
    await stage.end();
    stage.add('b');
    stage.rollBack();
    stage.add('a');
    stage.add('b');
    await stage.checkpoint();
    expect(stage.takeAll()).toEqual({ first: 0, records: ['a', 'b'] });
  });

  test('files go when their records are acknowledged', async () => {
    let stage = durableStage();
    for (let life = 0; life < 6; life++) {
      stage.add(`life ${life}`);
      await stage.checkpoint();
      stage = stage.restart();
    }
    expect(stage.files.length).toBeGreaterThan(3);
    expect(stage.takeAll().records).toHaveLength(6);
    stage.ledger.acknowledge();
    await stage.checkpoint();
    expect(stage.files.length).toBeLessThan(3);
    expect(stage.restart().takeAll()).toEqual({ first: 6, records: [] });
  });

  test.each(Array.from({ length: 60 }, (_, index) => index + 1))('agrees with a list (seed %i)', async (seed) => {
    const prng = new Prng(seed);
    let stage = durableStage();
    /** What was committed, ever; what the epoch that goes on has; what shards ahead of it have. */
    const committed: unknown[] = [];
    let fresh: unknown[] = [];
    let ahead: unknown[] = [];
    const delivered: { readonly first: number; readonly records: readonly unknown[] }[] = [];
    let takenCount = 0;
    let acknowledged = 0;
    let acknowledgedAtCommit = 0;
    for (let step = 0; step < 80; step++) {
      const dice = prng.below(20);
      if (dice < 10) {
        const record = { step, text: 'x'.repeat(prng.below(200)) };
        const isAhead = prng.chance(0.2);
        stage.add(record, isAhead);
        (isAhead ? ahead : fresh).push(record);
      } else if (dice < 13) {
        acknowledgedAtCommit = acknowledged;
        await stage.checkpoint();
        committed.push(...fresh);
        [fresh, ahead] = [ahead, []];
      } else if (dice < 16) {
        const first = acknowledged + takenCount;
        const { records } = stage.ledger.take(1 + prng.below(8));
        delivered.push({ first, records });
        takenCount += records.length;
      } else if (dice < 18) {
        stage.ledger.acknowledge();
        acknowledged += takenCount;
        takenCount = 0;
      } else if (dice === 18) {
        stage.rollBack();
        [fresh, ahead] = [[], []];
      } else {
        stage = stage.restart();
        [fresh, ahead] = [[], []];
        [acknowledged, takenCount] = [acknowledgedAtCommit, 0];
      }
      stage.ledger.spill();
      expect(stage.ledger.pendingCount).toBe(committed.length - acknowledged + fresh.length + ahead.length);
      expect(stage.ledger.heldCount).toBe(fresh.length + ahead.length);
    }
    expect(delivered).toEqual(
      delivered.map(({ first, records }) => ({ first, records: committed.slice(first, first + records.length) })),
    );
    const rest = acknowledged + takenCount;
    expect(stage.takeAll()).toEqual({ first: rest, records: committed.slice(rest) });
  });
});
