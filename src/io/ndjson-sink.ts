/**
 * The NDJSON egress: one JSON value per line, to a file or to standard output. A batch is one write. The file is
 * transactional: its position is its length, and what a crash left beyond the committed length is cut off.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkNdjsonOptions, refusal } from './ndjson-path.ts';
import type { EgressSink } from '../sdk/egress.ts';
import { namesOf } from '../sdk/known-fields.ts';

export interface NdjsonSinkOptions<Record> {
  /**
   * Path of the file, or `'-'` for standard output. The file is created or overwritten, unless the engine's data
   * directory says how far it has been written: then it is continued from there.
   */
  readonly path: string | URL;
  /** How a record becomes a line; default `JSON.stringify`, which cannot write a `bigint`. */
  readonly stringify?: (record: Record) => string;
}

const FIELDS = namesOf<NdjsonSinkOptions<unknown>>('path', 'stringify');

function writeToStdout(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Whoever reads the other end may leave; `writeToStdout` rejects then, and the event must not end the process. */
function ignoreError(): void {}

interface FilePosition {
  readonly byteLength: number;
}

/** Opens the file at the committed length, and cuts off what lies beyond. */
async function openAt(path: string | URL, position: FilePosition | undefined): Promise<FileHandle> {
  if (position === undefined) return open(path, 'w', 0o600);
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    if (size < position.byteLength) {
      throw new Error(`${String(path)} has ${size} bytes, but ${position.byteLength} were written to it`);
    }
    await file.truncate(position.byteLength);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Makes the name of a new file durable, where the system can do that. */
async function syncDirectoryOf(path: string | URL): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(dirname(typeof path === 'string' ? path : fileURLToPath(path)), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

class NdjsonFileSink<Record> implements EgressSink<Record> {
  readonly #path: string | URL;
  readonly #toText: (records: readonly Record[]) => string;
  #file: FileHandle | undefined;
  #byteLength = 0;
  #syncedBytes = -1;
  #failure: Error | undefined;

  constructor(path: string | URL, toText: (records: readonly Record[]) => string) {
    this.#path = path;
    this.#toText = toText;
  }

  async open(position: unknown): Promise<void> {
    this.#file = await openAt(this.#path, position as FilePosition | undefined);
    this.#byteLength = (position as FilePosition | undefined)?.byteLength ?? 0;
  }

  async write(records: readonly Record[]): Promise<void> {
    const bytes = Buffer.from(this.#toText(records));
    for (let at = 0; at < bytes.length; ) {
      const written = await this.#file?.write(bytes, at, bytes.length - at, this.#byteLength + at);
      at += written?.bytesWritten ?? 0;
    }
    this.#byteLength += bytes.length;
  }

  position(): FilePosition {
    return { byteLength: this.#byteLength };
  }

  /** After a failed sync the file is never synced again (I9). */
  async sync(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const byteLength = this.#byteLength;
    if (this.#file === undefined || byteLength === this.#syncedBytes) return;
    try {
      await this.#file.sync();
      if (this.#syncedBytes === -1) await syncDirectoryOf(this.#path);
    } catch (cause) {
      this.#failure = cause instanceof Error ? cause : new Error(String(cause));
      throw this.#failure;
    }
    this.#syncedBytes = byteLength;
  }

  /** What was written is durable before nobody can sync it any more. The file is closed whatever becomes of that. */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await this.#file?.close();
      this.#file = undefined;
    }
  }
}

/**
 * An egress sink that writes NDJSON (newline-delimited JSON).
 *
 * @throws MillraceError `INVALID_DEFINITION`
 */
export function ndjsonSink<Record = unknown>(options: NdjsonSinkOptions<Record>): EgressSink<Record> {
  checkNdjsonOptions('ndjsonSink', options, FIELDS);
  const { stringify = (record: Record) => JSON.stringify(record) ?? 'null' } = options;
  if (typeof stringify !== 'function') throw refusal('ndjsonSink', 'stringify', stringify, 'a function');
  const toText = (records: readonly Record[]): string => {
    let text = '';
    for (const record of records) text += `${stringify(record)}\n`;
    return text;
  };
  if (options.path !== '-') return new NdjsonFileSink(options.path, toText);
  return {
    open: () => void process.stdout.on('error', ignoreError),
    write: (records) => writeToStdout(toText(records)),
    close: () => void process.stdout.off('error', ignoreError),
  };
}
