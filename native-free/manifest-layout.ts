/**
 * The manifest of a store: the one file that says which logs and tables belong to it. A line of text, so that it can be
 * read without tools:
 *
 * ```
 *   millrace-store 1 5f3a99c0 {"nextNumber":12,"logs":[…],"tables":[…]}\n
 *                  │ └ crc32 of the version, a space and the JSON, in eight hexadecimal digits
 *                  └ format version
 * ```
 *
 * It is never changed in place: a new one is written beside it, synced, renamed over it, and the directory synced.
 * Only then do the files that it no longer names go. A file that it does not name does not exist.
 */

export const MANIFEST_MAGIC = 'millrace-store';
export const MANIFEST_VERSION = 1;

export interface LogInfo {
  readonly number: number;
  /** At least this much of it is durable. */
  readonly durableBytes: number;
}

export interface TableInfo {
  readonly number: number;
  readonly byteLength: number;
  /** How much of its end is the root page. */
  readonly rootBytes: number;
  readonly entryCount: number;
}

export interface ManifestState {
  /** Above the number of every log and table. */
  readonly nextNumber: number;
  /** Oldest first. */
  readonly logs: readonly LogInfo[];
  /** Newest first: of two entries of one key, the first counts. */
  readonly tables: readonly TableInfo[];
}
