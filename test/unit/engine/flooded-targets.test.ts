/**
 * What the coordinator knows of flooded targets: who waits for which, and that nobody waits for what is over.
 */
import { expect, test } from 'vitest';
import { FloodedTargets } from '../../../src/engine/flooded-targets.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { shardOfHash } from '../../../src/keys/key-group.ts';

test('an address is one of one function; a function is one of one shard', async () => {
  const targets = new FloodedTargets(2);
  targets.hear(0, { type: 7, id: 'Kim', isFlooded: true });
  expect(targets.ask(7, 'Kim')).toBeInstanceOf(Promise);
  expect([targets.ask(8, 'Kim'), targets.ask(7, 'Lee'), targets.count]).toEqual([undefined, undefined, 1]);
  const ids = Array.from({ length: 20 }, (_, index) => `id-${index}`);
  targets.hear(1, { type: 8, id: undefined, isFlooded: true });
  const held = ids.filter((id) => targets.ask(8, id) !== undefined);
  expect(held).toEqual(ids.filter((id) => shardOfHash(hashId(id), 2) === 1));
  expect(held.length).toBeGreaterThan(0);
  const waiting = targets.ask(8, held[0]);
  targets.hear(1, { type: 8, id: undefined, isFlooded: false });
  await waiting;
  expect([targets.ask(8, held[0]), targets.count]).toEqual([undefined, 1]);
});

test('after a recovery nothing is known, and whoever waited goes on', async () => {
  const targets = new FloodedTargets(1);
  targets.hear(0, { type: 7, id: 'Kim', isFlooded: true });
  targets.hear(0, { type: 7, id: undefined, isFlooded: true });
  const waiting = ['Kim', 'Lee'].map(async (id) => targets.ask(7, id));
  targets.forget();
  await Promise.all(waiting);
  expect([targets.count, targets.ask(7, 'Kim')]).toEqual([0, undefined]);
  // Told once more than once, it is still one; told that it is over, it is.
  targets.hear(0, { type: 7, id: 'Kim', isFlooded: true });
  const first = targets.ask(7, 'Kim');
  targets.hear(0, { type: 7, id: 'Kim', isFlooded: true });
  targets.hear(0, { type: 7, id: 'Kim', isFlooded: false });
  await first;
  expect(targets.count).toBe(0);
});
