/**
 * Records that shards bring ahead of the others, so many that the journal begins to write their epoch as soon as the one
 * before has ended: they are of the next epoch, in the journal, too.
 */
import { expect, test } from 'vitest';
import { durableStage } from './egress-stage.ts';

const RECORD = 'x'.repeat(1_000);
/** More than the journal collects before it writes. */
const AHEAD_COUNT = 300;

test('much that was set aside is written with the next epoch, and is there after a restart', async () => {
  const stage = durableStage();
  stage.add('first');
  for (let number = 0; number < AHEAD_COUNT; number++) stage.add(`${number} ${RECORD}`, true);
  await stage.checkpoint();
  expect(stage.takeAll().records).toEqual(['first']);
  stage.ledger.acknowledge();
  await stage.checkpoint();
  const { first, records } = stage.restart().takeAll();
  expect([first, records.length]).toEqual([1, AHEAD_COUNT]);
  expect(records.at(-1)).toBe(`${AHEAD_COUNT - 1} ${RECORD}`);
});
