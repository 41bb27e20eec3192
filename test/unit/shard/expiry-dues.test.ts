/** When rows of what expires are due: every group that is, once, and none that is not. */
import fc from 'fast-check';
import { assert, test } from 'vitest';
import { KEY_GROUP_COUNT } from '../../../src/keys/key-group.ts';
import { ExpiryDues } from '../../../src/shard/rows/expiry-dues.ts';

test('groups come up when they are due, each once', () => {
  const keyGroup = fc.option(fc.integer({ min: 0, max: KEY_GROUP_COUNT - 1 }), { nil: undefined });
  const step = fc.record({ keyGroup, at: fc.nat(60) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const dues = new ExpiryDues();
      const model = new Map<number, number>();
      for (const { keyGroup, at } of steps) {
        if (keyGroup !== undefined) {
          dues.noteGroup(keyGroup, at);
          model.set(keyGroup, Math.min(at, model.get(keyGroup) ?? at));
          continue;
        }
        for (let next = dues.take(at); next !== -1; next = dues.take(at)) {
          // Each is due, and none comes up twice.
          assert((model.get(next) ?? Number.POSITIVE_INFINITY) <= at);
          model.delete(next);
        }
        assert([...model.values()].every((due) => due > at));
      }
    }),
  );
});
