/**
 * One try to have a call answered, and what can come of it. The client that makes it knows HTTP and nothing of retries;
 * the call that asks for it knows retries and nothing of connections; this is what they say to each other.
 */
import type { CallTarget } from './endpoint-url.ts';

/** A whole response, whatever it says. */
export interface AttemptResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly contentType: string | undefined;
  readonly retryAfter: string | undefined;
  /** Of a success all of it, inflated; otherwise how it begins, for people. */
  readonly body: Uint8Array;
}

/** No response, or none that is whole. */
export interface AttemptFailure {
  /**
   * `unreachable`: nobody has taken the request. `silent`: nothing has come back in time, or, over TLS,
   * before the connection was closed, as is done with who has no valid certificate. `cut`: somebody is there, but
   * the connection was lost, or what came was no HTTP. `too-long`: the response is longer than it may be.
   * `cut-short`: nothing has come back, and too soon to say anything of whether somebody is there.
   */
  readonly kind: 'unreachable' | 'silent' | 'cut' | 'too-long' | 'cut-short';
  readonly cause: Error;
}

export type AttemptOutcome = AttemptResponse | AttemptFailure;

/** Whoever wants to know, told exactly once, and never within `post`; not at all after `cancel`. */
export interface AttemptListener {
  attemptEnded(outcome: AttemptOutcome): void;
}

export interface Attempt {
  /** Whether anything of a response has come. */
  readonly isAnswered: boolean;
  /** Whether the request has been taken by a connection. */
  readonly isSent: boolean;
  /** Whether all of the request has left. */
  readonly isTaken: boolean;
  /** When anything last came or went, by the clock's `elapsedMs`. */
  readonly activeAt: number;
  /** Frees the connection; nothing is told any more. */
  cancel(): void;
}

export interface HttpClient {
  post(target: CallTarget, body: Uint8Array, listener: AttemptListener): Attempt;
  /** Takes nothing more, and closes its connections as they become free. */
  retire(): void;
  /** Closes all connections, and with them what is under way. */
  close(): Promise<void>;
}

/** A client that has read files. */
export interface OpenedClient extends HttpClient {
  /** Whether they have changed since. */
  isOutdated(): boolean;
}

/** How a client for an origin is had. Throws if it cannot be, such as for want of a file. */
export type OpenClient = (target: CallTarget) => OpenedClient;
