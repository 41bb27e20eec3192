/**
 * Makes savepoints while the engine runs, one at a time: has a checkpoint made, tells all shards to copy their part of it
 * as soon as it is committed and before anything later is, writes the coordinator's own part, and at the end the file
 * that makes it a savepoint. What fails is removed, and the engine goes on as if nothing had been asked.
 */
import type { FileSystem } from '../base/file-system.ts';
import { KEY_GROUP_COUNT } from '../keys/key-group.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { SavepointOrder, SavepointPart } from '../shard/durable/shard-savepoint.ts';
import { makeDurableDirectory } from '../store/durable-directory.ts';
import { MessageDigest, stateDigest } from '../store/savepoint-digest.ts';
import { CONTENT_MESSAGES, CONTENT_STATE } from '../store/savepoint-layout.ts';
import { type SavepointSummary, writeSummary } from '../store/savepoint-summary.ts';
import type { SavepointFile, SavepointWriter } from '../store/savepoint-writer.ts';
import { callStorage } from '../store/storage-failure.ts';
import { KIND_SAVEPOINT } from '../wire/envelope-layout.ts';
import type { CheckpointEntry } from './checkpoint-entry.ts';
import type { DataDirectory } from './data-directory.ts';
import { type SavepointInfo, savepointInfo } from './savepoint-info.ts';
import { writeCoordinatorPart } from './savepoint-coordinator.ts';

export interface SavepointHooks {
  /** Has a checkpoint made as soon as may be. */
  order(): void;
  /** The epoch that goes on. */
  openEpoch(): number;
  /** All idempotency keys that are committed. */
  keys(): readonly string[];
  sendControl(kind: number, payload: unknown): void;
}

/** The savepoint that is being made. */
interface Making {
  readonly path: string;
  /** The first epoch whose end it may be made of: what was sent before it was asked for is in that one. */
  firstEpoch: number;
  /** The epoch that it is made of, once that is committed. */
  epoch: number | undefined;
  coordinator: SavepointWriter | undefined;
  readonly parts: (SavepointPart | undefined)[];
  readonly copied: PromiseWithResolvers<readonly SavepointPart[]>;
}

export class Savepoints {
  readonly #data: DataDirectory;
  readonly #hooks: SavepointHooks;
  readonly #shardCount: number;
  #making: Making | undefined;
  /** The last one that was asked for; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #ended: Error | undefined;

  constructor(data: DataDirectory, shardCount: number, hooks: SavepointHooks) {
    this.#data = data;
    this.#shardCount = shardCount;
    this.#hooks = hooks;
  }

  /** Makes one, after those that were asked for before. Rejects with `SAVEPOINT_FAILED`. */
  make(path: string): Promise<SavepointInfo> {
    const made = this.#last
      .then(() => this.#make(path))
      .catch((cause: unknown) => {
        throw savepointFailed(path, cause);
      });
    this.#last = made.catch(() => {});
    return made;
  }

  /** Resolves when all that were asked for are made or have failed. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #make(path: string): Promise<SavepointInfo> {
    if (this.#ended !== undefined) throw this.#ended;
    const { fileSystem } = this.#data;
    if (callStorage(path, () => fileSystem.list(path)).length > 0) throw new Error(`${path} is not empty`);
    await makeDurableDirectory(fileSystem, path);
    try {
      return savepointInfo(await this.#fill(path));
    } catch (error) {
      removeQuietly(fileSystem, path);
      throw error;
    }
  }

  async #fill(path: string): Promise<SavepointSummary> {
    const copied = Promise.withResolvers<readonly SavepointPart[]>();
    const parts = new Array<SavepointPart | undefined>(this.#shardCount).fill(undefined);
    const firstEpoch = this.#hooks.openEpoch();
    const making: Making = { path, firstEpoch, epoch: undefined, coordinator: undefined, parts, copied };
    this.#making = making;
    this.#hooks.order();
    try {
      const summary = summaryOf(making, await copied.promise, await making.coordinator?.finish());
      await writeSummary(this.#data.fileSystem, path, summary);
      return summary;
    } finally {
      making.coordinator?.close();
      if (this.#making === making) this.#making = undefined;
    }
  }

  /** This checkpoint has just been committed, and the shards have been told. */
  committed(entry: CheckpointEntry): void {
    const making = this.#making;
    if (making === undefined || making.epoch !== undefined || entry.epoch < making.firstEpoch) return;
    const { path } = making;
    const { fileSystem } = this.#data;
    making.epoch = entry.epoch;
    try {
      // At once: the next commits remove from the journals what this one still names.
      making.coordinator = writeCoordinatorPart(fileSystem, path, { ...entry, keys: this.#hooks.keys() }, (type) =>
        this.#data.egressDirectory(type),
      );
      this.#hooks.sendControl(KIND_SAVEPOINT, { epoch: entry.epoch, path } satisfies SavepointOrder);
    } catch (cause) {
      making.copied.reject(cause);
    }
  }

  /** When all shards have ended their part, well or not, nobody writes to the directory any more. */
  onPart(shard: number, part: SavepointPart): void {
    const making = this.#making;
    if (making === undefined || making.epoch !== part.epoch) return;
    making.parts[shard] = part;
    const parts = making.parts.filter((known) => known !== undefined);
    if (parts.length < making.parts.length) return;
    const failed = parts.find(({ failure }) => failure !== undefined);
    if (failed === undefined) making.copied.resolve(parts);
    else making.copied.reject(new Error(failed.failure));
  }

  /** The shards have gone back to the last commit, and what they were copying is lost with them. */
  rollBack(): void {
    const making = this.#making;
    if (making === undefined) return;
    if (making.epoch !== undefined) {
      making.copied.reject(new Error('the shards have gone back to the last checkpoint'));
      return;
    }
    making.firstEpoch = Math.min(making.firstEpoch, this.#hooks.openEpoch());
    // The checkpoint that was ordered is forgotten with all the rest.
    this.#hooks.order();
  }

  close(error: Error): void {
    this.#ended = error;
    this.#making?.copied.reject(error);
  }
}

/** State first, in the order of key groups, as it is read. */
function summaryOf(
  { epoch = 0 }: Making,
  parts: readonly SavepointPart[],
  coordinator: SavepointFile | undefined,
): SavepointSummary {
  const messages = new MessageDigest();
  for (const { messageDigest } of parts) messages.addDigest(messageDigest);
  const files = parts.flatMap((part) => part.files);
  const of = (wanted: number): SavepointFile[] => files.filter(({ content }) => content === wanted);
  const countOf = (some: readonly SavepointFile[]): number =>
    some.reduce((sum, { recordCount }) => sum + recordCount, 0);
  return {
    epoch,
    keyGroupCount: KEY_GROUP_COUNT,
    entityCount: countOf(of(CONTENT_STATE)),
    messageCount: countOf(of(CONTENT_MESSAGES)),
    stateDigest: stateDigest(parts.map(({ groupDigests }) => groupDigests)),
    messageDigest: messages.digest,
    files: [...of(CONTENT_STATE), ...of(CONTENT_MESSAGES), ...(coordinator === undefined ? [] : [coordinator])],
  };
}

/** Without its last file a directory is no savepoint, so what cannot be removed does no harm. */
function removeQuietly(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.removeDirectory(path);
  } catch {
    // Whoever asked for the savepoint gets the first error.
  }
}

export function savepointFailed(path: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('SAVEPOINT_FAILED', `The savepoint ${describe(path)} could not be made: ${reason}`, {
    cause,
    details: { path },
  });
}
