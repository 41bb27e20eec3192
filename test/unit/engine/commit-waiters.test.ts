/**
 * Those who wait for a commit: nobody is told before the epoch is committed in which he sent, and nobody is forgotten.
 */
import { expect, test } from 'vitest';
import { CommitWaiters } from '../../../src/engine/commit-waiters.ts';

const TURN = Promise.resolve();

/** Whether a promise has settled by now, and how. */
async function stateOf(promise: Promise<void>): Promise<string> {
  let state = 'waits';
  promise.then(
    () => (state = 'committed'),
    (error: Error) => (state = error.message),
  );
  for (let turn = 0; turn < 4; turn++) await TURN;
  return state;
}

test('all of an epoch share one promise, and those of the next one have another', async () => {
  const waiters = new CommitWaiters();
  expect(waiters.isAwaited).toBe(false);
  const first = waiters.next();
  expect(waiters.next()).toBe(first);
  expect(waiters.isAwaited).toBe(true);
  waiters.endEpoch();
  expect(waiters.isAwaited).toBe(false);
  const second = waiters.next();
  expect(second).not.toBe(first);
  waiters.committed();
  expect([await stateOf(first), await stateOf(second)]).toEqual(['committed', 'waits']);
});

test('whoever asks for the epoch that is being committed gets its promise, or the next one when there is none', () => {
  const waiters = new CommitWaiters();
  const first = waiters.next();
  waiters.endEpoch();
  expect(waiters.ended()).toBe(first);
  waiters.committed();
  expect(waiters.ended()).toBe(waiters.next());
});

test('after a roll-back those of both epochs wait for the same commit', async () => {
  const waiters = new CommitWaiters();
  const first = waiters.next();
  waiters.endEpoch();
  const second = waiters.next();
  waiters.rollBack();
  expect(waiters.isAwaited).toBe(true);
  waiters.committed();
  expect([await stateOf(first), await stateOf(second)]).toEqual(['waits', 'waits']);
  waiters.endEpoch();
  waiters.committed();
  expect([await stateOf(first), await stateOf(second)]).toEqual(['committed', 'committed']);
});

test('a failure reaches all who wait, and none who does not', async () => {
  const waiters = new CommitWaiters();
  const first = waiters.next();
  waiters.endEpoch();
  const second = waiters.next();
  waiters.fail(new Error('the end'));
  expect([await stateOf(first), await stateOf(second)]).toEqual(['the end', 'the end']);
  expect(await stateOf(waiters.next())).toBe('waits');
});
