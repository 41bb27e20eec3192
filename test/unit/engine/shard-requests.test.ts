/** Requests to shards: who is told what when, over epochs and roll-backs. */
import { expect, test } from 'vitest';
import { ShardRequests } from '../../../src/engine/shard-requests.ts';
import type { RequestOrder } from '../../../src/shard/requests/requests.ts';

interface Stage {
  readonly requests: ShardRequests;
  readonly sent: (readonly [shard: number, order: RequestOrder])[];
}

function stage(isDurable = true): Stage {
  const sent: (readonly [number, RequestOrder])[] = [];
  return { requests: new ShardRequests(2, isDurable, (shard, order) => void sent.push([shard, order])), sent };
}

function watch(requests: ShardRequests, untilCommitted = true): { ended: unknown; progress: number[] } {
  const seen: { ended: unknown; progress: number[] } = { ended: undefined, progress: [] };
  const progressed = (count: number): void => void seen.progress.push(count);
  void requests.ask(1, 'topic', { some: 'body' }, { untilCommitted, progressed }).outcome.then(
    (outcome) => (seen.ended = outcome),
    (error: unknown) => (seen.ended = error),
  );
  return seen;
}

const turn = (): Promise<void> => Promise.resolve();
const slice = { number: 1, count: 5, isDone: false, value: null };
const last = { number: 1, count: 2, isDone: true, value: 'value' };

test('an answer counts when the epoch is committed in which it was given', async () => {
  const { requests, sent } = stage();
  const seen = watch(requests);
  expect(sent).toEqual([[1, { number: 1, topic: 'topic', body: { some: 'body' } }]]);
  requests.onAnswer(slice, false);
  expect([requests.isBusy, requests.isAwaited]).toEqual([true, false]);
  requests.onAnswer(last, true);
  expect([requests.isBusy, requests.isAwaited]).toEqual([false, true]);
  requests.endEpoch();
  requests.committed();
  await turn();
  expect(seen).toEqual({ ended: undefined, progress: [5, 7] });
  requests.endEpoch();
  expect(requests.isAwaited).toBe(false);
  requests.committed();
  await turn();
  expect(seen.ended).toEqual({ count: 7, value: 'value' });
});

test('after a roll-back it is asked again, and what was committed is counted once', async () => {
  const { requests, sent } = stage();
  const seen = watch(requests);
  requests.onAnswer(slice, false);
  requests.onAnswer({ ...slice, count: 3 }, true);
  requests.endEpoch();
  requests.committed();
  requests.onAnswer(last, false);
  requests.rollBack();
  expect(sent).toHaveLength(2);
  expect(requests.isBusy).toBe(true);
  // Three of the slice that was ahead, and two of the last one, are done again.
  requests.onAnswer({ ...last, count: 5 }, false);
  requests.endEpoch();
  requests.committed();
  await turn();
  expect(seen.ended).toEqual({ count: 10, value: 'value' });
});

test('an answer that nobody wants committed, or an engine in memory, is told at once', async () => {
  for (const { requests, untilCommitted } of [
    { requests: stage().requests, untilCommitted: false },
    { requests: stage(false).requests, untilCommitted: true },
  ]) {
    const seen = watch(requests, untilCommitted);
    requests.onAnswer(last, false);
    await turn();
    expect(seen.ended).toEqual({ count: 2, value: 'value' });
  }
});

test('who gives up is not asked for again', async () => {
  const { requests, sent } = stage();
  const request = requests.ask(0, 'topic', {}, { untilCommitted: true });
  request.giveUp(new Error('enough'));
  await expect(request.outcome).rejects.toThrow('enough');
  requests.rollBack();
  requests.onAnswer(last, false);
  expect(sent).toHaveLength(1);
  expect([requests.isBusy, requests.isAwaited]).toEqual([false, false]);
});
