/**
 * Reads one HTTP response after the other from the bytes of a connection, whatever pieces they come in: finds the end of
 * the head, then the end of the body. Whoever listens gets the body where it lies, and only while it is told. What is no
 * HTTP, or has too long a head, is refused by throwing; nothing is read after that.
 */
import { ChunkReader } from './chunk-reader.ts';
import { readHead, type ResponseHead } from './response-head.ts';

/** Told in this order: interim heads, the head, pieces of the body. */
export interface ResponseListener {
  /** An interim response (1xx), or the response. False if nothing more is wanted. */
  headCame(head: ResponseHead): boolean;
  /** Shares memory with what was read: not to be kept. False if nothing more is wanted. */
  pieceCame(piece: Uint8Array): boolean;
}

/** A head, or all trailers, as in StateFun. */
const HEAD_BYTES_MAX = 8_192;
const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_SWITCHING = 101;

/** The heads that come to one origin are nearly all the same for as long as a second. */
export class HeadCache {
  #text = '';
  #head: ResponseHead | undefined;

  read(text: string): ResponseHead {
    if (this.#head !== undefined && text === this.#text) return this.#head;
    const head = readHead(text);
    this.#text = text;
    this.#head = head;
    return head;
  }
}

export class ResponseReader {
  readonly #listener: ResponseListener;
  readonly #heads: HeadCache;
  /** What has come of a head that is not whole. */
  #begun: Buffer | undefined;
  #head: ResponseHead | undefined;
  #left = 0;
  #chunks: ChunkReader | undefined;
  #isWanted = true;

  constructor(listener: ResponseListener, heads: HeadCache) {
    this.#listener = listener;
    this.#heads = heads;
  }

  /** The head of the response that is being read; undefined before it has come. */
  get head(): ResponseHead | undefined {
    return this.#head;
  }

  /** Whether the end of the connection is the end of the body. */
  get endsWithConnection(): boolean {
    return this.#head !== undefined && this.#chunks === undefined && this.#left === Infinity;
  }

  /** Whether the response has come to its end. */
  get isDone(): boolean {
    return this.#head !== undefined && (this.#chunks === undefined ? this.#left === 0 : this.#chunks.isDone);
  }

  /** The next response begins. */
  reset(): void {
    this.#begun = undefined;
    this.#head = undefined;
    this.#chunks = undefined;
  }

  /**
   * Reads what has come. Returns how much of it belongs to this response: less than all if it has ended before, or if
   * nothing more is wanted.
   */
  read(bytes: Buffer): number {
    let position = 0;
    while (this.#head === undefined) {
      const end = this.#readHead(bytes, position);
      if (end === undefined) return bytes.length;
      position = end;
      if (!this.#isWanted) return position;
    }
    return position < bytes.length && !this.isDone ? this.#readBody(bytes, position) : position;
  }

  /** Where the head ends; undefined if it is not whole. */
  #readHead(bytes: Buffer, start: number): number | undefined {
    const begun = this.#begun;
    const beginCount = begun?.length ?? 0;
    const all = begun === undefined ? bytes.subarray(start) : Buffer.concat([begun, bytes.subarray(start)]);
    // What was looked at before need not be looked at again, but for the first half of the end.
    const end = all.indexOf(HEAD_END, Math.max(0, beginCount - HEAD_END.length + 1));
    if (end > HEAD_BYTES_MAX || (end < 0 && all.length > HEAD_BYTES_MAX)) {
      throw new Error(`The headers of the response are longer than ${HEAD_BYTES_MAX} bytes`);
    }
    if (end < 0) {
      this.#begun = begun === undefined ? Buffer.from(all) : all;
      return undefined;
    }
    this.#begun = undefined;
    this.#take(this.#heads.read(all.toString('latin1', 0, end)));
    return start + end + HEAD_END.length - beginCount;
  }

  #take(head: ResponseHead): void {
    if (head.status === STATUS_SWITCHING) throw new Error('The response goes over to another protocol');
    if (head.status >= 200) {
      this.#head = head;
      this.#left = head.byteLength ?? Infinity;
      this.#chunks = head.isChunked ? new ChunkReader() : undefined;
    }
    this.#isWanted = this.#listener.headCame(head);
  }

  #readBody(bytes: Buffer, start: number): number {
    if (this.#chunks !== undefined) {
      return this.#chunks.read(bytes, start, bytes.length, (piece) => this.#listener.pieceCame(piece));
    }
    const end = Math.min(bytes.length, start + this.#left);
    this.#left -= end - start;
    this.#listener.pieceCame(bytes.subarray(start, end));
    return end;
  }
}
