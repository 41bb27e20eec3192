/**
 * Segments that nobody needs any more, kept to be overwritten. A sync of a file that only overwrites what it has waits for
 * its bytes alone, and not for the file system to note new blocks and a new length; and to remove a file of many
 * megabytes takes its shard some milliseconds. The writer of the changelog owns them, and gives each a new name twice:
 *
 * ```
 *   changelog-0000000005.log ──▶ changelog-0000000005.old ─── durable ──▶ changelog-0000000013.log, from its beginning on
 *        not needed any more          a spare                                 bytes of 5 lie behind its end
 * ```
 *
 * A spare must not be overwritten before its name is durable: else a power loss could give the old name back to a file
 * that holds something else by then. The writer syncs nothing, so it waits for the commit of an epoch that has begun a new
 * segment, before which the directory is synced. What is left of older deltas is never read: see `changelog-layout.ts`.
 */
import type { FileSystem } from '../base/file-system.ts';
import { segmentPath, sparePath } from './changelog-segment.ts';

interface Spare {
  readonly path: string;
  /** Its name is durable when this epoch is committed; none has begun a segment since it got its name. */
  safeEpoch: number | undefined;
}

export class SpareSegments {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #countMax: number;
  /** Oldest name first, and so those that are safe to overwrite first. */
  readonly #spares: Spare[];
  #committedEpoch = 0;

  /** `found` are those of an earlier life, whose names may be in the page cache only. */
  constructor(fileSystem: FileSystem, directory: string, countMax: number, found: readonly number[]) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#countMax = countMax;
    this.#spares = found.map((segment) => ({ path: sparePath(directory, segment), safeEpoch: undefined }));
  }

  get hasRoom(): boolean {
    return this.#spares.length < this.#countMax;
  }

  /** Keeps a segment. */
  add(segment: number): void {
    const path = sparePath(this.#directory, segment);
    this.#fileSystem.rename(segmentPath(this.#directory, segment), path);
    this.#spares.push({ path, safeEpoch: undefined });
  }

  /** An epoch begins a new segment, so before its commit the directory is synced. */
  segmentBegins(epoch: number): void {
    for (const spare of this.#spares) spare.safeEpoch ??= epoch;
  }

  committed(epoch: number): void {
    this.#committedEpoch = epoch;
  }

  /** The path of a file that may be overwritten, once; or undefined. */
  take(): string | undefined {
    const first = this.#spares[0];
    if (first?.safeEpoch === undefined || first.safeEpoch > this.#committedEpoch) return undefined;
    this.#spares.shift();
    return first.path;
  }
}
