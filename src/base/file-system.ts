/**
 * The disk as an argument. Nothing that has to survive a crash is written but through a FileSystem, so that a simulated
 * one, which tears writes and forgets what was not synced, can stand in its place.
 *
 * Writing and reading are synchronous: an append goes to the system's page cache, which costs a copy. Only syncing waits
 * for the disk, so only syncing is asynchronous. Whatever fails throws (or rejects with) the system's own error; after a
 * failed `sync` the file must never be synced again (I9).
 *
 * A new file survives a crash when the file itself, the directory it is in and, if they are new, the directories above
 * were each synced: no sync includes another.
 */

/** `'create'`: must not exist yet. `'append'`: must exist, for reading and writing. `'read'`: must exist. */
export type OpenMode = 'create' | 'append' | 'read';

export interface OpenFile {
  readonly path: string;
  /** Its length now, whoever wrote to it. */
  byteLength(): number;
  /** Adds to the end: all bytes, or it throws, and then any part of them may be there. */
  append(bytes: Uint8Array): void;
  /** Overwrites in place, from an offset that is at most the length: all bytes, or it throws, and then any part of them may be there. */
  writeAt(offsetBytes: number, bytes: Uint8Array): void;
  /**
   * A copy of the bytes; fewer than asked for only at the end of the file. It lies at the start of `into`, if that is
   * given, which has room for all; otherwise in memory of its own.
   */
  readAt(offsetBytes: number, byteLength: number, into?: Uint8Array): Uint8Array;
  /** Cuts off what comes after; `byteLength` is at most the length. */
  truncate(byteLength: number): void;
  /** Resolves when all that was written to the file before the call is durable, through whatever handle. */
  sync(): Promise<void>;
  /** A sync under way goes on and settles. Closing twice does nothing. */
  close(): void;
}

export interface FileSystem {
  /** Makes a directory, and those above it where they are missing. */
  makeDirectory(path: string): void;
  /** Names in a directory, sorted by code unit; none if there is no such directory. */
  list(path: string): string[];
  /** Whether there is a file or a directory of this name. */
  exists(path: string): boolean;
  open(path: string, mode: OpenMode): OpenFile;
  /** Replaces what has the new name, atomically. */
  rename(from: string, to: string): void;
  /** Removes a file. */
  remove(path: string): void;
  /** Removes a directory and all that is in it; nothing happens if there is none. */
  removeDirectory(path: string): void;
  /** Resolves when what was made, renamed and removed directly in this directory before the call is durable. */
  syncDirectory(path: string): Promise<void>;
}
