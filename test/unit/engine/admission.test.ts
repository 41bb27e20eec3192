/**
 * Whether input may be taken, and that nobody goes on waiting for shards that are no more.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Admission } from '../../../src/engine/admission.ts';
import type { ShardLink } from '../../../src/engine/shard-link.ts';

interface Link {
  isOpen: boolean;
  isWaiting: boolean;
}

/** What of a link to shards counts for admission. */
function linkThat(isOpen: boolean): ShardLink & Link {
  const link = {
    shardCount: 2,
    isOpen,
    isWaiting: false,
    setWaiting: (isWaiting: boolean) => (link.isWaiting = isWaiting),
  };
  return link as unknown as ShardLink & Link;
}

test('who waits for a flooded target goes on when other shards take the place of those that said so', async () => {
  const admission = new Admission(linkThat(true), [], 100, () => {});
  admission.flooded.hear(1, { type: 7, id: 'Kim', isFlooded: true });
  let hasGoneOn = false;
  void admission.askFor(7, 'Kim')?.then(() => (hasGoneOn = true));
  await turn();
  expect([hasGoneOn, admission.askFor(7, 'Lee')]).toEqual([false, undefined]);
  admission.moveTo(linkThat(true));
  await turn();
  expect([hasGoneOn, admission.askFor(7, 'Kim'), admission.flooded.count]).toEqual([true, undefined, 0]);
});

test('who waits for credit waits for that of the new shards, which know of it', async () => {
  const [old, next] = [linkThat(false), linkThat(false)];
  const admission = new Admission(old, [], 100, () => {});
  let hasGoneOn = false;
  const waiting = admission.ask()?.then(() => (hasGoneOn = true));
  expect(old.isWaiting).toBe(true);
  admission.moveTo(next);
  old.isOpen = true;
  expect([next.isWaiting, admission.canOpen, hasGoneOn]).toEqual([true, false, false]);
  next.isOpen = true;
  expect(admission.canOpen).toBe(true);
  admission.open();
  await waiting;
  expect([hasGoneOn, next.isWaiting, admission.openedCount]).toEqual([true, false, 1]);
});
