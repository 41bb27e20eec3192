/**
 * A store that counts what is fetched from it, and now and then takes its time, so that entities are away for longer
 * than a turn.
 */
import type { Prng } from '../base/prng.ts';
import type { OpenStore, StateStore } from '../store/state-store.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { Statistics } from './statistics.ts';

export function countingStore(
  openStore: OpenStore,
  clock: SimulatedClock,
  prng: Prng,
  statistics: Statistics,
): OpenStore {
  return async (options): Promise<StateStore> => {
    const store = await openStore(options);
    let hasOpened = false;
    return {
      capabilities: store.capabilities,
      batch: () => store.batch(),
      getSync: (key) => store.getSync(key),
      scan: (from, before, groupBytes) => store.scan(from, before, groupBytes),
      close: () => store.close(),
      async getMany(keys) {
        // The first call asks how far the store is.
        if (hasOpened && prng.chance(0.5)) await clock.sleep(prng.below(8));
        const values = await store.getMany(keys);
        if (hasOpened) statistics.coldFetches += values.filter((value) => value !== undefined).length;
        hasOpened = true;
        return values;
      },
    };
  };
}
