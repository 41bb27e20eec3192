/**
 * One request on one connection, as undici tells of it: collects the response, looks at nothing of it but its length and
 * encoding, and tells the listener once what came. Whatever goes wrong it has to give the connection back or destroy it.
 */
import type { Clock } from '../base/clock.ts';
import type { Attempt, AttemptFailure, AttemptListener } from './attempt.ts';
import type { BodyAllowance, RestingBody } from './body-allowance.ts';
import { type Inflater, readEncoding } from './inflate.ts';
import { ResponseBody, tooLong } from './response-body.ts';

/** What undici lets a handler do. */
export interface RequestControl {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

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

export class HttpAttempt implements Attempt, RestingBody {
  readonly #ground: AttemptGround;
  #listener: AttemptListener | undefined;
  #control: RequestControl | undefined;
  #status = 0;
  #headers: Headers = {};
  #encoding: string | undefined;
  #body: ResponseBody | undefined;
  #informationalCount = 0;
  #isPosted = false;
  isAnswered = false;
  isSent = false;
  activeAt: number;

  constructor(ground: AttemptGround, listener: AttemptListener) {
    this.#ground = ground;
    this.#listener = listener;
    this.activeAt = ground.clock.elapsedMs();
  }

  /** The request is on its way; from now on the listener may be told. */
  posted(): void {
    this.#isPosted = true;
  }

  cancel(): void {
    this.#listener = undefined;
    this.#letGo(new Error('called off'));
  }

  rest(): void {
    this.#control?.pause();
  }

  goOn(): void {
    // Not at once: whoever makes room may be in the middle of reading another response.
    queueMicrotask(() => this.#control?.resume());
  }

  onRequestStart(control: RequestControl): void {
    this.#control = control;
    if (this.#listener === undefined) {
      control.abort(new Error('called off'));
      return;
    }
    this.isSent = true;
    this.activeAt = this.#ground.clock.elapsedMs();
  }

  onResponseStart(_control: RequestControl, status: number, headers: Headers): void {
    this.isAnswered = true;
    this.activeAt = this.#ground.clock.elapsedMs();
    if (status < 200) {
      if (++this.#informationalCount > INFORMATIONAL_MAX) this.#cut(new Error('It sent too many interim responses'));
      return;
    }
    this.#status = status;
    this.#headers = headers;
    const { bytesMax } = this.#ground;
    this.#body = new ResponseBody(this.#isSuccess ? bytesMax : FAILURE_BYTES_MAX);
    if (!this.#isSuccess) return;
    if (Number(single(headers['content-length'])) > bytesMax) return this.#cut(tooLong(bytesMax));
    try {
      this.#encoding = readEncoding(joined(headers['content-encoding']));
    } catch (error) {
      this.#cut(error as Error);
    }
  }

  onResponseData(_control: RequestControl, piece: Uint8Array): void {
    if (this.#listener === undefined || this.#body === undefined) return;
    this.activeAt = this.#ground.clock.elapsedMs();
    const error = this.#body.add(piece);
    if (error !== undefined && this.#isSuccess) return this.#cut(error);
    if (error !== undefined) {
      this.#tell(this.#body.bytes());
      return this.#letGo(error);
    }
    const { byteLength } = this.#body;
    if (byteLength > SMALL_BYTES) this.#ground.allowance.keeps(this, byteLength);
  }

  onResponseEnd(): void {
    if (this.#body === undefined) return;
    const bytes = this.#body.bytes();
    this.#control = undefined;
    if (this.#encoding === undefined || bytes.byteLength === 0) {
      this.#tell(bytes);
      this.#ground.allowance.gone(this);
      return;
    }
    this.#ground.inflater.inflate(this.#encoding, bytes, (error, inflated) => {
      this.#ground.allowance.gone(this);
      if (error === undefined) this.#tell(inflated);
      else this.#end({ kind: 'cut', cause: error });
    });
  }

  onResponseError(_control: RequestControl | undefined, error: Error): void {
    this.#control = undefined;
    this.#ground.allowance.gone(this);
    const end = (): void => this.#end({ kind: this.isSent ? 'cut' : 'unreachable', cause: error });
    if (this.#isPosted) end();
    else queueMicrotask(end);
  }

  get #isSuccess(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  #cut(cause: Error): void {
    this.#end({ kind: 'cut', cause });
    this.#letGo(cause);
  }

  #tell(bytes: Uint8Array): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.attemptEnded({
      kind: 'response',
      status: this.#status,
      contentType: single(this.#headers['content-type']),
      retryAfter: single(this.#headers['retry-after']),
      body: this.#isSuccess ? bytes : bytes.subarray(0, EXCERPT_BYTES),
    });
  }

  #end(failure: AttemptFailure): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.attemptEnded(failure);
  }

  /** Frees the connection by ending it. */
  #letGo(reason: Error): void {
    const control = this.#control;
    this.#control = undefined;
    this.#body = undefined;
    control?.abort(reason);
    this.#ground.allowance.gone(this);
  }
}

/** A header that stands there twice is none: nobody can tell which one counts. */
function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
