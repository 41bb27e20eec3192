/**
 * `checkMigrations`: whether new code can take up what old code has stored, before it is started on it. A savepoint is
 * read where it lies. Of a data directory a copy is made, shard by shard, since stores write when they are opened; what
 * the engine will start from is not touched.
 */
import { constants } from 'node:fs';
import { copyFile, cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ShardIndex } from '../base/brand.ts';
import { NodeFileSystem } from '../base/node-file-system.ts';
import { KEY_GROUP_COUNT, keyGroupRange } from '../keys/key-group.ts';
import { decodePortable, messagesOfDelta } from '../shard/durable/portable-message.ts';
import { firstKeyOf } from '../store/key-layout.ts';
import { savepointMessages, savepointState } from '../store/savepoint-contents.ts';
import { SAVEPOINT_SUMMARY_NAME } from '../store/savepoint-layout.ts';
import { readSummary } from '../store/savepoint-summary.ts';
import type { OpenStore } from '../store/state-store.ts';
import { storageFailed } from '../store/storage-failure.ts';
import { MillraceError } from '../sdk/errors.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import { DataDirectory } from './data-directory.ts';
import { lockDirectory } from './directory-lock.ts';
import { foldAll } from './fold-changelog.ts';
import { refuseHalfImport } from './half-import.ts';
import { loadModule } from './load-module.ts';
import { MigrationCheck } from './migration-check.ts';
import type { MigrationReport } from './migration-report.ts';
import { integer, moduleUrl, optionalPath, pathOf } from './option-checks.ts';
import { openShardStore, type StoreGround } from './reshard-generation.ts';
import type { StoreKind } from './start-engine.ts';

export interface CheckMigrationsOptions {
  /** How many failures are told one by one; all are counted. Default 100. */
  readonly failuresMax?: number;
  /** Where the copy of a data directory is made, which takes as much room as its largest shard. Default: the system's. */
  readonly scratch?: string | URL;
}

const OPTIONS = namesOf<CheckMigrationsOptions>('failuresMax', 'scratch');
const FAILURES_MAX_DEFAULT = 100;
const CACHE_BYTES = 8 << 20;
const GROUP_BYTES = 1 << 18;
/** Blocks between two turns of the event loop. */
const TURN_COUNT = 16;

/** The same for stores of this kind; see the entry points. */
export async function checkMigrationsOn(
  kind: StoreKind,
  path: string | URL,
  module: URL | string,
  options: CheckMigrationsOptions = {},
): Promise<MigrationReport> {
  checkFields('INVALID_OPTION', 'checkMigrations', options, OPTIONS);
  const failuresMax = integer('failuresMax', options.failuresMax, FAILURES_MAX_DEFAULT, 0, Number.MAX_SAFE_INTEGER);
  const scratch = optionalPath('scratch', options.scratch) ?? tmpdir();
  const directory = pathOf('path', path);
  const check = new MigrationCheck(await loadModule(moduleUrl(module)), failuresMax);
  const fileSystem = new NodeFileSystem();
  // What is neither is told so as a savepoint.
  const isData =
    !fileSystem.exists(join(directory, SAVEPOINT_SUMMARY_NAME)) && DataDirectory.isOne(fileSystem, directory);
  if (isData) await checkData(kind, directory, check, scratch);
  else await checkSavepoint(fileSystem, directory, check);
  return check.report();
}

async function checkSavepoint(fileSystem: NodeFileSystem, path: string, check: MigrationCheck): Promise<void> {
  const summary = readSummary(fileSystem, path, KEY_GROUP_COUNT);
  let blockCount = 0;
  for (const block of savepointState(fileSystem, path, summary)) {
    for (const { key, value } of block) check.entry(key, value);
    if (++blockCount % TURN_COUNT === 0) await turn();
  }
  for (const block of savepointMessages(fileSystem, path, summary)) {
    for (const { key, value } of block) check.message(decodePortable(key, value));
    if (++blockCount % TURN_COUNT === 0) await turn();
  }
}

async function checkData(kind: StoreKind, path: string, check: MigrationCheck, scratch: string): Promise<void> {
  const lock = lockDirectory(path);
  let copy: string | undefined;
  try {
    copy = await mkdtemp(join(scratch, 'millrace-check-'));
    await checkCopy(kind, path, copy, check);
  } catch (cause) {
    throw cause instanceof MillraceError ? cause : storageFailed(path, cause);
  } finally {
    if (copy !== undefined) await rm(copy, { recursive: true, force: true });
    lock.release();
  }
}

async function checkCopy({ name, url }: StoreKind, path: string, copy: string, check: MigrationCheck): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    // Nobody but who holds it may open the lock: see `directory-lock.ts`.
    if (entry.isFile() && entry.name !== 'lock') await copyFile(join(path, entry.name), join(copy, entry.name));
  }
  const { openStore } = (await import(url.href)) as { openStore: OpenStore };
  const fileSystem = new NodeFileSystem();
  const data = await DataDirectory.open({ path: copy, fileSystem, storeName: name, newId: () => 'copy' });
  try {
    await refuseHalfImport(data);
    for (const shard of data.last?.shards.keys() ?? []) {
      const directory = data.shardDirectory(shard);
      const original = join(path, directory.slice(copy.length));
      await cp(original, directory, { recursive: true, mode: constants.COPYFILE_FICLONE });
      await checkShard(data, shard, { openStore, cacheBytes: CACHE_BYTES }, check);
      await rm(directory, { recursive: true });
    }
  } finally {
    data.close();
  }
}

async function checkShard(
  data: DataDirectory,
  shard: number,
  ground: StoreGround,
  check: MigrationCheck,
): Promise<void> {
  const store = await openShardStore(data, ground, data.shardDirectory(shard));
  try {
    await foldAll(data, shard, store);
    const { first, end } = keyGroupRange(shard as ShardIndex, data.last?.shards.length ?? 1);
    for await (const group of store.scan(firstKeyOf(first), firstKeyOf(end), GROUP_BYTES)) {
      for (const { key, value } of group) check.entry(Buffer.from(key), Buffer.from(value));
      await turn();
    }
  } finally {
    await store.close();
  }
  const location = data.last?.shards[shard];
  if (location === undefined) return;
  for (const messages of messagesOfDelta(data.fileSystem, data.shardDirectory(shard), location)) {
    for (const message of messages) check.message(message);
  }
}
