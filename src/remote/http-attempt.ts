/**
 * One request on one connection, which tells of it: collects the response, looks at nothing of it but its length and
 * encoding, and tells the listener once what came. What it does not want to the end it ends with its connection.
 */
import type { Clock } from '../base/clock.ts';
import type { Attempt, AttemptFailure, AttemptListener } from './attempt.ts';
import type { BodyAllowance, RestingBody } from './body-allowance.ts';
import type { Exchange, HttpConnection } from './http-connection.ts';
import { type Inflater, readEncoding } from './inflate.ts';
import { ResponseBody, TooLongError } from './response-body.ts';
import type { ResponseHead } from './response-head.ts';

export interface AttemptGround {
  /** Of the body, as it comes and as it is inflated. */
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly allowance: BodyAllowance;
  readonly inflater: Inflater;
}

/** What is kept of a response that is no success, and how long it may be for its connection to be used again. */
const EXCERPT_BYTES = 256;
const FAILURE_BYTES_MAX = 65_536;
/** Bodies up to this count for nothing with the allowance. */
const SMALL_BYTES = 65_536;
/** Informational responses before the real one. */
const INFORMATIONAL_MAX = 16;
const NO_BYTES = new Uint8Array(0);

export class HttpAttempt implements Attempt, RestingBody, Exchange {
  readonly #ground: AttemptGround;
  #listener: AttemptListener | undefined;
  #connection: HttpConnection | undefined;
  #head: ResponseHead | undefined;
  #encoding: string | undefined;
  #body: ResponseBody | undefined;
  #informationalCount = 0;
  #isAllowed = false;
  isAnswered = false;
  isSent = false;
  isTaken = false;
  activeAt: number;

  constructor(ground: AttemptGround, listener: AttemptListener) {
    this.#ground = ground;
    this.#listener = listener;
    this.activeAt = ground.clock.elapsedMs();
  }

  cancel(): void {
    this.#listener = undefined;
    this.#letGo();
  }

  rest(): void {
    this.#connection?.pause();
  }

  goOn(): void {
    // Not at once: whoever makes room may be in the middle of reading another response.
    queueMicrotask(() => this.#connection?.resume());
  }

  carriedBy(connection: HttpConnection): void {
    this.#connection = connection;
  }

  sent(): void {
    this.isSent = true;
    this.#isActive();
  }

  taken(): void {
    this.isTaken = true;
    this.#isActive();
  }

  headCame(head: ResponseHead): boolean {
    this.isAnswered = true;
    this.#isActive();
    if (head.status < 200) {
      if (++this.#informationalCount <= INFORMATIONAL_MAX) return true;
      return this.#cut(new Error('It sent too many interim responses'));
    }
    this.#head = head;
    const { bytesMax } = this.#ground;
    this.#body = new ResponseBody(this.#isSuccess ? bytesMax : FAILURE_BYTES_MAX);
    if (!this.#isSuccess) return true;
    if (head.byteLength !== undefined && head.byteLength > bytesMax) return this.#cut(new TooLongError(bytesMax));
    try {
      this.#encoding = readEncoding(head.contentEncoding);
      return true;
    } catch (error) {
      return this.#cut(error as Error);
    }
  }

  pieceCame(piece: Uint8Array): boolean {
    if (this.#body === undefined) return false;
    const error = this.#body.add(piece);
    if (error !== undefined && this.#isSuccess) return this.#cut(error);
    if (error !== undefined) {
      this.#tell(this.#body.bytes());
      this.#letGo();
      return false;
    }
    const { byteLength } = this.#body;
    if (byteLength > SMALL_BYTES) {
      this.#isAllowed = true;
      this.#ground.allowance.keeps(this, byteLength);
    }
    return true;
  }

  piecesPause(): void {
    this.#isActive();
    this.#body?.own();
  }

  ended(): void {
    this.#connection = undefined;
    const bytes = this.#body?.bytes() ?? NO_BYTES;
    if (this.#encoding === undefined || bytes.byteLength === 0) {
      this.#tell(bytes);
      this.#gone();
      return;
    }
    this.#body?.own();
    this.#ground.inflater.inflate(this.#encoding, this.#body?.bytes() ?? NO_BYTES, (error, inflated) => {
      this.#gone();
      if (error === undefined) this.#tell(inflated);
      else this.#end(cutBy(error));
    });
  }

  failed(error: Error, isUnheard = false): void {
    this.#connection = undefined;
    this.#gone();
    this.#end({ kind: !this.isSent ? 'unreachable' : isUnheard ? 'silent' : 'cut', cause: error });
  }

  get #isSuccess(): boolean {
    return this.#head !== undefined && this.#head.status >= 200 && this.#head.status <= 299;
  }

  #isActive(): void {
    this.activeAt = this.#ground.clock.elapsedMs();
  }

  #cut(cause: Error): false {
    this.#end(cutBy(cause));
    this.#letGo();
    return false;
  }

  #tell(bytes: Uint8Array): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.attemptEnded({
      kind: 'response',
      status: this.#head?.status ?? 0,
      contentType: this.#head?.contentType,
      retryAfter: this.#head?.retryAfter,
      body: this.#isSuccess ? bytes : bytes.subarray(0, EXCERPT_BYTES),
    });
  }

  #end(failure: AttemptFailure): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.attemptEnded(failure);
  }

  /** Ends the connection, on which the rest may still come. */
  #letGo(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#body = undefined;
    connection?.close();
    this.#gone();
  }

  /** Nothing of the response is kept any more. */
  #gone(): void {
    if (this.#isAllowed) this.#ground.allowance.gone(this);
    this.#isAllowed = false;
  }
}

function cutBy(cause: Error): AttemptFailure {
  return { kind: cause instanceof TooLongError ? 'too-long' : 'cut', cause };
}
