/**
 * How an engine comes to life: options, module, data directory, threads. Each entry point of the package brings its own
 * kind of state store; this is all in which they differ.
 */
import { randomUUID } from 'node:crypto';
import { NodeFileSystem } from '../base/node-file-system.ts';
import { makeDurableDirectory } from '../store/durable-directory.ts';
import type { OpenStore } from '../store/state-store.ts';
import { lockDirectory } from './directory-lock.ts';
import { DISK_SIZES, type DiskSizes } from './disk-sizes.ts';
import { mergeEdges } from './edges.ts';
import { Engine } from './engine.ts';
import { loadModule } from './load-module.ts';
import { type EngineOptions, type FilledOptions, fillOptions } from './options.ts';
import type { DataRewriting } from './data-rewriting.ts';
import { prepareData } from './prepare-data.ts';
import { Runtime } from './runtime.ts';
import type { DurableHome } from './shard-supervisor.ts';
import { pinModule } from './yaml-module-url.ts';

/** A kind of state store: its name, as data directories carry it, and the module that exports its `openStore`. */
export interface StoreKind {
  readonly name: string;
  readonly url: URL;
}

/** Starts an engine whose shards keep their state in stores of this kind. */
export async function startEngineOn(
  store: StoreKind,
  options: EngineOptions,
  diskSizes: DiskSizes = DISK_SIZES,
): Promise<Engine> {
  const given = fillOptions(options);
  const filled = { ...given, module: await pinModule(given.module), diskSizes };
  const module = mergeEdges(await loadModule(filled.module), filled);
  const home = await openHome(
    store,
    filled,
    module.egresses.map(({ type }) => type),
  );
  let runtime: Runtime;
  try {
    runtime = new Runtime(module, filled, home);
  } catch (error) {
    home?.data.close();
    home?.release();
    throw error;
  }
  try {
    await runtime.started();
  } catch (error) {
    await runtime.stop(true).catch(() => {});
    throw error;
  }
  return new Engine(runtime);
}

async function openHome(
  { name, url }: StoreKind,
  options: FilledOptions,
  egressTypes: readonly string[],
): Promise<DurableHome | undefined> {
  const path = options.directory;
  if (path === undefined) return undefined;
  const fileSystem = new NodeFileSystem();
  await makeDurableDirectory(fileSystem, path);
  const lock = lockDirectory(path);
  try {
    const data = await prepareData(
      { path, fileSystem, storeName: name, newId: randomUUID },
      { ...options, rewriting: () => loadRewriting(url, options) },
    );
    await data.makeEgressDirectories(egressTypes);
    return { data, store: url.href, release: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Stores on this thread, for the time before the shards run; a shard's share of memory is enough for one at a time. */
async function loadRewriting(url: URL, { memory, shardCount, diskSizes }: FilledOptions): Promise<DataRewriting> {
  const { dataRewriting } = await import('./data-rewriting.ts');
  const { openStore } = (await import(url.href)) as { openStore: OpenStore };
  const memoryBytes = Math.min(memory / shardCount, diskSizes.shardMemoryBytesMax);
  return dataRewriting({ openStore, cacheBytes: Math.floor(memoryBytes / 4) });
}
