/**
 * The HTTP client: connections to one origin, and one request at a time on each. It does what remote functions need and
 * no more: whole requests, whole responses, HTTP/1.1, no redirects, no pipelining. The connection that was used last is
 * used next, so those that are not needed grow old, and finding one takes no search.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Timers } from '../base/timers.ts';
import type { Attempt, AttemptListener, OpenedClient } from './attempt.ts';
import { BodyAllowance } from './body-allowance.ts';
import type { FilledEndpoint } from './endpoint-options.ts';
import type { CallTarget } from './endpoint-url.ts';
import { type AttemptGround, HttpAttempt } from './http-attempt.ts';
import { type ConnectionGround, HttpConnection } from './http-connection.ts';
import { Inflater } from './inflate.ts';
import { connectedEvent, socketOpener } from './open-socket.ts';
import { RequestHeads } from './request-head.ts';
import { tlsStamp } from './tls-files.ts';
import { HeadCache } from './response-reader.ts';

/** A connection gets up to this much older than it may, so that not all are replaced at once: 1 to 3 s, as in StateFun. */
const AGE_SPREAD_MS = 2_000;
const AGE_MORE_MS = 1_000;
/** Idle connections without a limit are let go of at last. */
const IDLE_MS_MAX = 600_000;
/** How many of the longest responses may be under way before others have to rest. */
const LONG_RESPONSE_COUNT = 4;

/** Throws if the files that it needs cannot be had. */
export function openSocketClient(
  target: CallTarget,
  options: FilledEndpoint,
  clock: Clock,
  timers: Timers,
  random: Random,
): OpenedClient {
  return new SocketClient(target, options, clock, timers, random);
}

class SocketClient implements OpenedClient {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #ageMsMax: number;
  readonly #idleMsMax: number;
  readonly #heads: RequestHeads;
  readonly #attempts: AttemptGround;
  readonly #connections: ConnectionGround;
  /** Of the files of its TLS. */
  readonly #stampNow: () => string;
  readonly #stamp: string;
  readonly #all = new Set<HttpConnection>();
  /** Used last is last. */
  readonly #free: HttpConnection[] = [];
  #sweep: unknown;
  #isRetired = false;

  constructor(target: CallTarget, options: FilledEndpoint, clock: Clock, timers: Timers, random: Random) {
    const { connectionAgeMaxMs, responseBytesMax, connectMs } = options;
    // Before they are read: what changes in between is noticed later.
    this.#stampNow = () => (target.isSecure ? tlsStamp(options.tls) : '');
    this.#stamp = this.#stampNow();
    this.#clock = clock;
    this.#timers = timers;
    this.#ageMsMax = connectionAgeMaxMs === 0 ? Infinity : connectionAgeMaxMs + AGE_MORE_MS + random() * AGE_SPREAD_MS;
    this.#idleMsMax = Math.min(this.#ageMsMax, IDLE_MS_MAX);
    this.#heads = new RequestHeads(options.profile);
    this.#attempts = {
      clock,
      bytesMax: responseBytesMax,
      allowance: new BodyAllowance(LONG_RESPONSE_COUNT * responseBytesMax),
      inflater: new Inflater(responseBytesMax),
    };
    this.#connections = {
      open: socketOpener(target, options),
      connectedEvent: connectedEvent(target),
      isSecure: target.isSecure,
      connectMs,
      timers,
      heads: new HeadCache(),
      freed: (connection) => this.#freed(connection),
      closed: (connection) => void this.#all.delete(connection),
    };
  }

  isOutdated(): boolean {
    return this.#stamp !== this.#stampNow();
  }

  post(target: CallTarget, body: Uint8Array, listener: AttemptListener): Attempt {
    const attempt = new HttpAttempt(this.#attempts, listener);
    try {
      if (this.#isRetired) throw new Error('The connections have been closed');
      this.#connection(attempt.activeAt).send(this.#heads.request(target, body), attempt);
    } catch (error) {
      queueMicrotask(() => attempt.failed(error as Error));
    }
    return attempt;
  }

  #connection(now: number): HttpConnection {
    for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) {
      if (this.#isFit(free, now)) return free;
      free.close();
    }
    const connection = new HttpConnection(this.#connections, now);
    this.#all.add(connection);
    return connection;
  }

  #isFit(connection: HttpConnection, now: number): boolean {
    const idleMs = now - connection.freedAt;
    const isYoung = now - connection.openedAt < this.#ageMsMax;
    return !connection.isClosed && isYoung && idleMs < this.#idleMsMax && idleMs < connection.keptMs;
  }

  #freed(connection: HttpConnection): void {
    if (this.#isRetired) return connection.close();
    connection.freedAt = this.#clock.elapsedMs();
    this.#free.push(connection);
    this.#sweep ??= this.#timers.set(() => this.#closeIdle(), this.#idleMsMax);
  }

  /** Lets go of what nobody has used for long, and of what the other side has closed. */
  #closeIdle(): void {
    const now = this.#clock.elapsedMs();
    const free = this.#free.splice(0);
    for (const connection of free) {
      if (this.#isFit(connection, now)) this.#free.push(connection);
      else connection.close();
    }
    this.#sweep = this.#free.length === 0 ? undefined : this.#timers.set(() => this.#closeIdle(), this.#idleMsMax);
  }

  retire(): void {
    this.#isRetired = true;
    if (this.#sweep !== undefined) this.#timers.clear(this.#sweep);
    for (const connection of this.#free.splice(0)) connection.close();
  }

  close(): Promise<void> {
    this.retire();
    for (const connection of this.#all) connection.close();
    return Promise.resolve();
  }
}
