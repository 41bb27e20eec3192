/**
 * The way of a request to where a remote function runs and of the response back: over HTTP, to a process beside the
 * shard, or a plain call within the thread. It repeats what may be repeated, within its budget; the function may then
 * run more than once, and only one response counts.
 */
import type { Companion } from '../sdk/companion.ts';
import type { BatchRequest, BatchResponse } from '../statefun/protocol.ts';

export interface Transport {
  /**
   * Throws a `MillraceError`, `REMOTE_CALL_FAILED`, when it gives up. Not when nobody can be reached at all: then it
   * waits until somebody can be, or until `signal` calls it off.
   */
  call(request: BatchRequest, signal: AbortSignal): Promise<BatchResponse>;
}

/** Where remote functions run; several functions may share one. One object in each thread, which opens nothing. */
export interface Endpoint extends Transport {
  /** What people know it by, such as its URL without credentials. */
  readonly name: string;
  /** How many calls may be under way at a time in one shard, for all functions of this endpoint together. */
  readonly concurrency: number;
  /** How many bytes the states of one address may have in all; without it, as many as an endpoint likes. */
  readonly stateBytesMax?: number;
  /** How much may follow from one batch; without it, as much as an endpoint likes. */
  readonly effectCountMax?: number;
  /** Of the engine's own: as its signal, `call` takes a `CallOffSignal` also where that is no real signal. */
  readonly takesCallOff?: boolean;
  /** Of the engine's own: a response is read from bytes for this call, so nobody else has any part of it. */
  readonly readsResponses?: boolean;
  /** Of the engine's own: calls need the shard's thread for their beginning and their end only. */
  readonly runsElsewhere?: boolean;
  /** What the shard's thread starts and stops for it. */
  readonly companion: Companion | undefined;
}
