/**
 * Decides where batches go: one log and one memtable at a time. When the memtable is full, both are replaced, and the
 * full one becomes a table in the background, after which its log goes. There is never more than one on its way, so
 * whoever writes faster than the disk takes waits here, and memory and the time to open stay bounded.
 */
import type { FileSystem } from '../src/base/file-system.ts';
import type { FirstFailure } from '../src/store/first-failure.ts';
import type { CommitTarget } from './commit-queue.ts';
import type { Compactor } from './compactor.ts';
import type { Contents } from './contents.ts';
import { logPath } from './file-names.ts';
import { LogWriter } from './log-writer.ts';
import type { Manifest } from './manifest.ts';
import { type Memtable, MemtableCursor } from './memtable.ts';
import type { TableFiles } from './table-files.ts';

const FROM_THE_START = new Uint8Array(0);

export interface RotationParts {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly contents: Contents;
  readonly manifest: Manifest;
  readonly files: TableFiles;
  readonly compactor: Compactor;
  readonly failure: FirstFailure;
}

export class Rotation {
  readonly #parts: RotationParts;
  #log: LogWriter;
  #flush: Promise<void> | undefined;

  constructor(parts: RotationParts, log: LogWriter) {
    this.#parts = parts;
    this.#log = log;
  }

  get #target(): CommitTarget {
    return { log: this.#log, memtable: this.#parts.contents.active };
  }

  /** Where the next group goes. */
  target(): CommitTarget | Promise<CommitTarget> {
    return this.#parts.contents.isFull ? this.#rotate() : this.#target;
  }

  /** Resolves when no memtable is on its way to a table. */
  async idle(): Promise<void> {
    await this.#flush;
  }

  /** Notes how far the log reaches, so that even its end cannot be lost unnoticed, and lets go of it. */
  async close(): Promise<void> {
    const { failure, manifest } = this.#parts;
    const { number, durableBytes } = this.#log;
    const noted = manifest.state.logs.find((log) => log.number === number)?.durableBytes;
    try {
      if (!failure.hasFailed && noted !== durableBytes) await this.#noteDurable();
    } finally {
      this.#log.close();
    }
  }

  /** Begins a new log and memtable, and a table of the old ones. */
  async #rotate(): Promise<CommitTarget> {
    const { fileSystem, directory, contents, manifest, compactor, failure } = this.#parts;
    await this.#flush;
    await compactor.roomForTable();
    failure.check();
    const log = await LogWriter.create(fileSystem, directory, manifest.takeNumber());
    await this.#noteDurable(log);
    const full = this.#log;
    full.close();
    this.#log = log;
    this.#flush = this.#writeTable(contents.freeze(), full.number);
    return this.#target;
  }

  #noteDurable(newLog?: LogWriter): Promise<void> {
    const { number, durableBytes } = this.#log;
    const added = newLog === undefined ? [] : [{ number: newLog.number, durableBytes: newLog.durableBytes }];
    return this.#parts.manifest.update((state) => ({
      ...state,
      logs: [...state.logs.map((log) => (log.number === number ? { number, durableBytes } : log)), ...added],
    }));
  }

  async #writeTable(frozen: Memtable, log: number): Promise<void> {
    const { fileSystem, directory, contents, manifest, files, compactor, failure } = this.#parts;
    try {
      const cursor = new MemtableCursor(frozen, frozen.limit, FROM_THE_START);
      const written = await files.write(cursor, contents.tables.length === 0);
      if (written === 'stopped') return;
      const added = written === 'empty' ? [] : [written];
      await manifest.update((state) => ({
        ...state,
        logs: state.logs.filter(({ number }) => number !== log),
        tables: [...added, ...state.tables],
      }));
      contents.tables = [...added.map((info) => files.open(info)), ...contents.tables];
      contents.frozen = undefined;
      fileSystem.remove(logPath(directory, log));
      compactor.start();
    } catch (error) {
      failure.stop('Writing a table', error);
    }
  }
}
