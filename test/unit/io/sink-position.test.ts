/**
 * The position of a transactional sink in a checkpoint: what it writes while it is being synced may not be durable, so it
 * belongs to the next one.
 */
import { expect, test } from 'vitest';
import { durableStage } from './egress-stage.ts';

test('what a sink writes while it is synced is of the next checkpoint', async () => {
  const stage = durableStage();
  const { ledger } = stage;
  stage.add('a');
  stage.add('b');
  await stage.checkpoint();
  expect(ledger.take(1).records).toEqual(['a']);
  ledger.acknowledge('after a');
  ledger.syncSink = async () => {
    await Promise.resolve();
    if (ledger.take(1).records.length > 0) ledger.acknowledge('after b');
  };
  expect(await stage.end()).toMatchObject({ acknowledged: 1, sink: 'after a' });
  stage.commit(await ledger.position().then((position) => position as NonNullable<typeof position>));
  expect(stage.position).toMatchObject({ acknowledged: 2, sink: 'after b' });
});
