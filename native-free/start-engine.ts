/**
 * The native-free entry's `startEngine`: the same engine over the store of this folder, loaded when it is first called,
 * like that of the main entry.
 */
import type { CheckMigrationsOptions } from '../src/engine/check-migrations.ts';
import type { DiskSizes } from '../src/engine/disk-sizes.ts';
import type { Engine } from '../src/engine/engine.ts';
import type { MigrationReport } from '../src/engine/migration-report.ts';
import type { EngineOptions } from '../src/engine/options.ts';

const NATIVE_FREE = {
  name: 'native-free',
  url: new URL(import.meta.url.endsWith('.ts') ? './log-store.ts' : './log-store.js', import.meta.url),
};

/** Starts an engine; see `startEngine` of the main entry. Its data directories are those of the native-free store. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  return startSized(options);
}

/** The same with other sizes on the disk, for tests; the entry does not export it. */
export async function startSized(options: EngineOptions, diskSizes?: DiskSizes): Promise<Engine> {
  const { startEngineOn } = await import('../src/engine/start-engine.ts');
  return startEngineOn(NATIVE_FREE, options, diskSizes);
}

/** Runs what a savepoint or a data directory holds through the code of a module; see the main entry. */
export async function checkMigrations(
  path: string | URL,
  module: URL | string,
  options?: CheckMigrationsOptions,
): Promise<MigrationReport> {
  const { checkMigrationsOn } = await import('../src/engine/check-migrations.ts');
  return checkMigrationsOn(NATIVE_FREE, path, module, options);
}
