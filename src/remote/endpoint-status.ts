/** What `engine.endpoints()` says of one origin of an endpoint, as one shard sees it. Plain data: it travels. */
import type { BreakerState } from './circuit-breaker.ts';

export interface EndpointStatus {
  /** The endpoint's URL, without credentials and query. */
  readonly name: string;
  /** Scheme, host and port, or the socket. One endpoint has several if its URL has the function's name in the host. */
  readonly origin: string;
  /**
   * `closed`: it is called. `open`: it could not be reached, and calls wait. `probing`: one of them is trying again.
   * (These are the states of a circuit breaker.)
   */
  readonly state: BreakerState;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** Why it is not closed; otherwise null. */
  readonly reason: string | null;
  /** Calls that have been sent and not answered. */
  readonly underWayCount: number;
  /** Calls that wait to be sent: for the endpoint to be reachable, or for a connection. */
  readonly waitingCount: number;
  /** Requests that were sent since the shard was started, repeated ones included. */
  readonly attemptCount: number;
  /** Calls that have failed for good. */
  readonly failureCount: number;
  /** How long requests took that were answered well: half of them took no longer, and 99 of 100; in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}
