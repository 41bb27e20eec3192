/**
 * Compressed bodies, inflated on Node's pool of threads and never past a limit: a small one may become anything. Few at a
 * time, since each may become as long as a response may be, and the file system waits for the same threads.
 */
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import { TooLongError } from './response-body.ts';

export type Inflated = (error: Error | undefined, bytes: Uint8Array) => void;

interface Order {
  readonly encoding: string;
  readonly bytes: Uint8Array;
  readonly inflated: Inflated;
}

const COUNT_MAX = 2;
/** Large enough that a long body does not come back in thousands of pieces. */
const CHUNK_BYTES = 65_536;
const NO_BYTES = new Uint8Array(0);

const ENCODINGS: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'x-deflate']);

/** The encoding that a header names; undefined for none. Throws for one that is not known, and for several. */
export function readEncoding(header: string | undefined): string | undefined {
  const encoding = header?.trim().toLowerCase();
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined;
  if (ENCODINGS.has(encoding)) return encoding;
  throw new Error(
    `The response is encoded as ${JSON.stringify(encoding.slice(0, 60))}, which is not one of gzip and deflate`,
  );
}

export class Inflater {
  readonly #bytesMax: number;
  readonly #waiting: Order[] = [];
  #count = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Inflates bytes to `bytesMax` at most. */
  inflate(encoding: string, bytes: Uint8Array, inflated: Inflated): void {
    this.#waiting.push({ encoding, bytes, inflated });
    this.#next();
  }

  #next(): void {
    if (this.#count >= COUNT_MAX) return;
    const order = this.#waiting.shift();
    if (order === undefined) return;
    this.#count++;
    const { encoding, bytes, inflated } = order;
    const options = { maxOutputLength: this.#bytesMax, chunkSize: Math.min(CHUNK_BYTES, Math.max(64, this.#bytesMax)) };
    inflateFor(encoding, bytes)(bytes, options, (error, result) => {
      this.#count--;
      this.#next();
      if (error === null) inflated(undefined, result);
      else
        inflated(
          (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new TooLongError(this.#bytesMax) : error,
          NO_BYTES,
        );
    });
  }
}

/** Some senders of `deflate` leave out its header. */
function inflateFor(encoding: string, bytes: Uint8Array): typeof inflate {
  if (encoding.endsWith('gzip')) return gunzip;
  const [first = 0, second = 0] = bytes;
  const hasHeader = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  return hasHeader ? inflate : inflateRaw;
}
