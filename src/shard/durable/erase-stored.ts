/**
 * Removes from the state store what lies under prefixes, for a round of folding: in batches that follow each other, none
 * of them long enough to hold up a shard.
 */
import { afterPrefix, keyBytes } from '../../state/row.ts';
import type { StateStore } from '../../store/state-store.ts';

/** Little enough that what is done with a group does not hold up a shard. */
const GROUP_BYTES = 1 << 14;

/** Resolves when all is durably gone; a batch has `batchCount` removals and a group more at most. */
export async function eraseStored(store: StateStore, prefixes: readonly string[], batchCount: number): Promise<void> {
  let batch = store.batch();
  for (const prefix of prefixes) {
    for await (const group of store.scan(keyBytes(prefix), keyBytes(afterPrefix(prefix)), GROUP_BYTES)) {
      for (const { key } of group) batch.delete(key);
      if (batch.count < batchCount) continue;
      await batch.write();
      batch = store.batch();
    }
  }
  if (batch.count > 0) await batch.write();
}
