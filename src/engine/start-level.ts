/**
 * The main entry's `startEngine`: state in LevelDB, one store per shard. It is loaded only when there is a data
 * directory: by the shards' threads, and by this one so that it is not unloaded under their feet. The engine itself is
 * loaded when it is first called: shards load the entry, too, with every module that imports it, and must not wait for
 * what they do not need.
 */
import type { CheckMigrationsOptions } from './check-migrations.ts';
import type { DiskSizes } from './disk-sizes.ts';
import type { Engine } from './engine.ts';
import type { MigrationReport } from './migration-report.ts';
import type { EngineOptions } from './options.ts';

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
  return startSized(options);
}

/** The same with other sizes on the disk, for tests; no entry point exports it. */
export async function startSized(options: EngineOptions, diskSizes?: DiskSizes): Promise<Engine> {
  if (options?.directory !== undefined) {
    const { keepLoaded } = await import('../level/level-store.ts');
    await keepLoaded();
  }
  const { startEngineOn } = await import('./start-engine.ts');
  return startEngineOn(LEVEL, options, diskSizes);
}

/**
 * Runs everything that a savepoint or a data directory holds through the code of a module: migrations and schemas of
 * values, schemas of messages in flight. Changes nothing, and needs as much memory as it tells failures. Do it before a
 * new version is started; what fails there would fail the invocations that meet it.
 *
 * @throws MillraceError (as a rejection) `INVALID_OPTION`, `DATA_LOCKED` while an engine runs on the directory,
 *   `MODULE_NOT_LOADED`, `MODULE_NOT_EXPORTED`, `SAVEPOINT_DAMAGED`, `DATA_DAMAGED`, `DATA_TOO_NEW`, `DATA_OTHER_STORE` or
 *   `STORAGE_FAILED`
 */
export async function checkMigrations(
  path: string | URL,
  module: URL | string,
  options?: CheckMigrationsOptions,
): Promise<MigrationReport> {
  const { checkMigrationsOn } = await import('./check-migrations.ts');
  return checkMigrationsOn(LEVEL, path, module, options);
}
