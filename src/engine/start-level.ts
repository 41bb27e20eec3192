/**
 * The main entry's `startEngine`: state in LevelDB, one store per shard. It is loaded only when there is a data
 * directory: by the shards' threads, and by this one so that it is not unloaded under their feet.
 */
import { keepLoaded } from '../level/level-store.ts';
import type { Engine } from './engine.ts';
import type { EngineOptions } from './options.ts';
import { startEngineOn } from './start-engine.ts';

const LEVEL = {
  name: 'level',
  url: new URL(
    import.meta.url.endsWith('.ts') ? '../level/level-store.ts' : '../level/level-store.js',
    import.meta.url,
  ),
};

/**
 * Starts an engine: loads the module in every thread, takes up what the data directory holds, and resolves when all
 * shards take messages.
 *
 * @throws MillraceError `INVALID_OPTION`, `MODULE_NOT_LOADED`, `MODULE_NOT_EXPORTED`, `DUPLICATE_TYPE`,
 *   `UNKNOWN_INGRESS`, `UNKNOWN_EGRESS`, `DATA_LOCKED`, `DATA_DAMAGED`, `DATA_TOO_NEW`, `DATA_OTHER_STORE`,
 *   `STORAGE_FAILED` or `SHARD_FAILED`
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  if (options?.directory !== undefined) await keepLoaded();
  return startEngineOn(LEVEL, options);
}
