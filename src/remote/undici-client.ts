/**
 * The HTTP client: connections to one origin, and one request at a time on each. It is undici's pool with a handler that
 * is made for whole, short responses from anybody; the only file that knows undici. It follows no redirects, and connects
 * to no address that the guard refuses: what a name resolves to is checked, and what was checked is connected to.
 */
import { createRequire } from 'node:module';
import type { buildConnector, Pool } from 'undici';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Attempt, AttemptListener, HttpClient } from './attempt.ts';
import { BodyAllowance } from './body-allowance.ts';
import type { FilledEndpoint } from './endpoint-options.ts';
import type { CallTarget } from './endpoint-url.ts';
import { guardedLookup } from './guarded-lookup.ts';
import { readInSlices } from './sliced-reading.ts';
import { HttpAttempt } from './http-attempt.ts';
import { Inflater } from './inflate.ts';
import { readTls } from './tls-files.ts';

/** A connection gets up to this much older than it may, so that not all are replaced at once: 1 to 3 s, as in StateFun. */
const AGE_SPREAD_MS = 2_000;
const AGE_MORE_MS = 1_000;
/** Idle connections without a limit are let go of at last. */
const IDLE_MS_MAX = 600_000;
/** All headers of a response together, as in StateFun. */
const HEADER_BYTES_MAX = 8_192;
/** How many of the longest responses may be under way before others have to rest. */
const LONG_RESPONSE_COUNT = 4;

const OCTET_STREAM = 'application/octet-stream';

/** Loaded by the threads that make calls, and not by those that only read the module. */
function loadUndici(): { readonly Pool: typeof Pool; readonly buildConnector: typeof buildConnector } {
  return createRequire(import.meta.url)('undici') as ReturnType<typeof loadUndici>;
}

/** Throws if the files that it needs cannot be had. */
export function openUndiciClient(
  target: CallTarget,
  options: FilledEndpoint,
  clock: Clock,
  random: Random,
): HttpClient {
  return new UndiciClient(newPool(target, options, random), options, clock);
}

function newPool(target: CallTarget, options: FilledEndpoint, random: Random): Pool {
  const { concurrency, connectionCountMax, connectionAgeMaxMs } = options;
  const ageMs = connectionAgeMaxMs === 0 ? 0 : connectionAgeMaxMs + AGE_MORE_MS + random() * AGE_SPREAD_MS;
  const undici = loadUndici();
  return new undici.Pool(target.socketPath === undefined ? target.origin : 'http://localhost', {
    connections: Math.min(concurrency, connectionCountMax),
    pipelining: 1,
    clientTtl: ageMs,
    keepAliveTimeout: ageMs === 0 ? IDLE_MS_MAX : ageMs,
    maxHeaderSize: HEADER_BYTES_MAX,
    // The call watches its own time.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connector(undici.buildConnector, target, options),
  });
}

function connector(
  build: typeof buildConnector,
  { isSecure, socketPath }: CallTarget,
  { connectMs, guard, tls }: FilledEndpoint,
): buildConnector.connector {
  const secureContext = isSecure ? readTls(tls) : undefined;
  const connect = build({
    allowH2: false,
    timeout: connectMs,
    ...(secureContext !== undefined && { secureContext }),
    ...(socketPath === undefined ? { lookup: guardedLookup(guard) } : { socketPath }),
  });
  return (place, done) => {
    connect(place, (...result) => {
      const [error, socket] = result;
      if (error === null) readInSlices(socket);
      done(...result);
    });
  };
}

class UndiciClient implements HttpClient {
  readonly #pool: Pool;
  readonly #options: FilledEndpoint;
  readonly #clock: Clock;
  readonly #allowance: BodyAllowance;
  readonly #inflater: Inflater;
  readonly #headers = new Map<string, string[]>();

  constructor(pool: Pool, options: FilledEndpoint, clock: Clock) {
    this.#pool = pool;
    this.#options = options;
    this.#clock = clock;
    this.#allowance = new BodyAllowance(LONG_RESPONSE_COUNT * options.responseBytesMax);
    this.#inflater = new Inflater(options.responseBytesMax);
  }

  post(target: CallTarget, body: Uint8Array, listener: AttemptListener): Attempt {
    const { responseBytesMax: bytesMax } = this.#options;
    const ground = { bytesMax, clock: this.#clock, allowance: this.#allowance, inflater: this.#inflater };
    const attempt = new HttpAttempt(ground, listener);
    const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    try {
      this.#pool.dispatch(
        { path: target.path, method: 'POST', headers: this.#headersOf(target), body: buffer },
        attempt,
      );
    } catch (error) {
      attempt.onResponseError(undefined, error as Error);
    }
    attempt.posted();
    return attempt;
  }

  /** In the order in which StateFun sends them; `connection` and `content-length` come from undici. */
  #headersOf(target: CallTarget): string[] {
    const known = this.#headers.get(target.host);
    if (known !== undefined) return known;
    const headers = ['content-type', OCTET_STREAM];
    if (this.#options.profile === 'async') {
      headers.push('accept', OCTET_STREAM, 'accept-encoding', 'gzip,deflate');
    } else {
      headers.push('accept-encoding', 'gzip');
    }
    headers.push('user-agent', 'statefun', 'host', target.host);
    if (target.authorization !== undefined) headers.push('authorization', target.authorization);
    this.#headers.set(target.host, headers);
    return headers;
  }

  retire(): void {
    this.#pool.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
