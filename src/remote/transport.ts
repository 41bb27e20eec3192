/**
 * The way of a request to where a remote function runs and of the response back: over HTTP, to a process beside the
 * shard, or a plain call within the thread. It repeats what may be repeated, within its budget; the function may then
 * run more than once, and only one response counts.
 */
import type { BatchRequest, BatchResponse } from '../statefun/protocol.ts';

export interface Transport {
  /**
   * Throws a `MillraceError`, `REMOTE_CALL_FAILED`, when it gives up. Not when somebody cannot be reached at all: then it
   * waits until he can be, or until `signal` calls it off.
   */
  call(request: BatchRequest, signal: AbortSignal): Promise<BatchResponse>;
}
