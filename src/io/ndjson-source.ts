/**
 * The NDJSON ingress: one JSON value per line, from a file or from standard input. Positions are byte offsets with the
 * line number, so that errors name the line and a file can be read on from anywhere.
 */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { checkNdjsonOptions, refusal } from './ndjson-path.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { IngressSource, SourceBatch, SourceHooks } from '../sdk/ingress.ts';
import { namesOf } from '../sdk/known-fields.ts';

export interface NdjsonSourceOptions {
  /** Path of the file, or `'-'` for standard input (which is not replayable). */
  readonly path: string | URL;
  /**
   * What to do with a line that is no JSON: `'stop'` (default) ends the ingress with an error, `'skip'` reports the line
   * through `engine.on('error')` and goes on. Empty lines are always skipped, silently.
   */
  readonly onMalformed?: 'skip' | 'stop';
  /** A longer line counts as malformed. Default 16 MiB. */
  readonly maxLineBytes?: number;
}

interface Position {
  readonly byteOffset: number;
  readonly line: number;
  /** Whether it lies inside a line that is longer than allowed. */
  readonly overlong: boolean;
}

const FIELDS = namesOf<NdjsonSourceOptions>('path', 'onMalformed', 'maxLineBytes');
const ON_MALFORMED: ReadonlySet<unknown> = new Set(['stop', 'skip']);
const NEWLINE = 10;
const MAX_LINE_BYTES_DEFAULT = 16 * 1024 * 1024;
const READ_BYTES = 1 << 16;

class NdjsonReader<Record> {
  readonly #options: NdjsonSourceOptions;
  readonly #hooks: SourceHooks;
  #byteOffset: number;
  #line: number;
  #rest: Buffer = Buffer.alloc(0);
  /** Inside a line that is longer than allowed: its bytes are dropped until it ends. */
  #overlong: boolean;
  /** The malformed line at which reading stops. */
  #error: MillraceError | undefined;

  constructor(options: NdjsonSourceOptions, hooks: SourceHooks, from: Position) {
    this.#options = options;
    this.#hooks = hooks;
    this.#byteOffset = from.byteOffset;
    this.#line = from.line;
    this.#overlong = from.overlong;
  }

  /** Takes the next bytes; gives the records of all lines that end in them. */
  take(bytes: Buffer): SourceBatch<Record> {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    const firstLine = this.#line;
    const records = end === 0 ? [] : this.#parse(all.subarray(0, end - 1));
    this.#byteOffset += this.#error === undefined ? end : offsetOfLine(all, this.#line - firstLine);
    this.#rest = all.subarray(end);
    if (this.#rest.length > this.#lineBytesMax) this.#dropOverlong();
    return { records, position: this.#position() };
  }

  /** Throws the error at which reading stops, once what came before it has been given. */
  throwIfStopped(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** The last line may lack its newline. */
  end(): SourceBatch<Record> {
    const records = this.#rest.length === 0 && !this.#overlong ? [] : this.#parse(this.#rest);
    if (this.#error === undefined) this.#byteOffset += this.#rest.length;
    this.#rest = Buffer.alloc(0);
    return { records, position: this.#position() };
  }

  #position(): Position {
    return { byteOffset: this.#byteOffset, line: this.#line, overlong: this.#overlong };
  }

  #dropOverlong(): void {
    this.#overlong = true;
    this.#byteOffset += this.#rest.length;
    this.#rest = Buffer.alloc(0);
  }

  get #lineBytesMax(): number {
    return this.#options.maxLineBytes ?? MAX_LINE_BYTES_DEFAULT;
  }

  /** Whole lines; stops at a malformed one if that is the policy. */
  #parse(bytes: Buffer): Record[] {
    const records: Record[] = [];
    for (const line of bytes.toString('utf8').split('\n')) {
      this.#line++;
      this.#parseLine(line, records);
      if (this.#error === undefined) continue;
      // Such a line has not been taken.
      this.#line--;
      break;
    }
    return records;
  }

  #parseLine(line: string, records: Record[]): void {
    const maxBytes = this.#lineBytesMax;
    if (this.#overlong || (line.length * 3 > maxBytes && Buffer.byteLength(line) > maxBytes)) {
      this.#overlong = false;
      this.#malformed('a line longer than maxLineBytes', undefined);
    } else if (line !== '' && line !== '\r') {
      try {
        records.push(JSON.parse(line) as Record);
      } catch (cause) {
        this.#malformed(describe(line), cause);
      }
    }
  }

  #malformed(what: string, cause: unknown): void {
    const line = this.#line;
    const path = String(this.#options.path);
    const error = new MillraceError('MALFORMED_RECORD', `${path}, line ${line}: not a JSON value: ${what}.`, {
      cause,
      details: { line, path },
    });
    if (this.#options.onMalformed === 'skip') this.#hooks.skipped(error);
    else this.#error = error;
  }
}

/** Where the line begins that has `count` lines before it. */
function offsetOfLine(bytes: Buffer, count: number): number {
  let offset = 0;
  for (let line = 0; line < count; line++) offset = bytes.indexOf(NEWLINE, offset) + 1;
  return offset;
}

function openStream(path: string | URL, start: number): Readable {
  return path === '-' ? process.stdin : createReadStream(path, { start, highWaterMark: READ_BYTES });
}

function checkOptions(options: NdjsonSourceOptions): void {
  checkNdjsonOptions('ndjsonSource', options, FIELDS);
  const { onMalformed = 'stop', maxLineBytes = MAX_LINE_BYTES_DEFAULT } = options;
  if (!ON_MALFORMED.has(onMalformed)) {
    throw refusal('ndjsonSource', 'onMalformed', onMalformed, "'stop' or 'skip'");
  }
  if (!Number.isSafeInteger(maxLineBytes) || maxLineBytes < 1) {
    throw refusal('ndjsonSource', 'maxLineBytes', maxLineBytes, 'a whole number from 1');
  }
}

/**
 * An ingress source that reads NDJSON (newline-delimited JSON). Lines before a malformed one are always taken.
 *
 * @throws MillraceError `INVALID_DEFINITION`
 */
export function ndjsonSource<Record = unknown>(options: NdjsonSourceOptions): IngressSource<Record> {
  checkOptions(options);
  return {
    replayable: options.path !== '-',
    async *read(from, hooks) {
      const position = (from as Position | undefined) ?? { byteOffset: 0, line: 0, overlong: false };
      const reader = new NdjsonReader<Record>(options, hooks, position);
      const stream = openStream(options.path, position.byteOffset);
      const abort = (): void => void stream.destroy();
      hooks.signal.addEventListener('abort', abort, { once: true });
      try {
        for await (const bytes of stream as AsyncIterable<Buffer>) {
          yield reader.take(bytes);
          reader.throwIfStopped();
        }
        yield reader.end();
        reader.throwIfStopped();
      } finally {
        hooks.signal.removeEventListener('abort', abort);
        stream.destroy();
      }
    },
  };
}
