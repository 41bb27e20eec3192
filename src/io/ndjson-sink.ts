/**
 * The NDJSON egress: one JSON value per line, to a file or to standard output. A batch is one write.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { EgressSink } from '../sdk/egress.ts';

export interface NdjsonSinkOptions<Record> {
  /** Path of the file, which is created or overwritten, or `'-'` for standard output. */
  readonly path: string | URL;
  /** How a record becomes a line; default `JSON.stringify`, which cannot write a `bigint`. */
  readonly stringify?: (record: Record) => string;
}

function writeToStdout(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Whoever reads the other end may leave; `writeToStdout` rejects then, and the event must not end the process. */
function ignoreError(): void {}

/** An egress sink that writes NDJSON (newline-delimited JSON). */
export function ndjsonSink<Record = unknown>(options: NdjsonSinkOptions<Record>): EgressSink<Record> {
  const stringify = options.stringify ?? ((record: Record) => JSON.stringify(record) ?? 'null');
  let file: FileHandle | undefined;
  return {
    async open() {
      if (options.path === '-') process.stdout.on('error', ignoreError);
      else file = await open(options.path, 'w', 0o600);
    },
    async write(records) {
      let text = '';
      for (const record of records) text += `${stringify(record)}\n`;
      await (file === undefined ? writeToStdout(text) : file.appendFile(text));
    },
    async close() {
      if (file === undefined) process.stdout.off('error', ignoreError);
      else await file.close();
    },
  };
}
