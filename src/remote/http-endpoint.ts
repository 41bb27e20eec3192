/**
 * `httpEndpoint`: functions that run behind a URL. What is here is the door between the two worlds: requests become bytes,
 * function names become places, and each shard's thread has its own origins from `start` to `stop`. Making an endpoint
 * opens nothing, since every thread that reads the module makes one.
 */
import type { CallOffSignal } from '../base/call-off.ts';
import { systemClock } from '../base/clock.ts';
import { assert } from '../base/assert.ts';
import { systemRandom } from '../base/random.ts';
import { systemTimers } from '../base/timers.ts';
import type { Companion, CompanionPlace } from '../sdk/companion.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { BatchRequest, BatchResponse } from '../statefun/protocol.ts';
import { decodeResponse, encodeRequest } from '../statefun/protocol-codec.ts';
import { PROTOCOL_LIMITS, type ProtocolLimits } from '../statefun/protocol-layout.ts';
import { type FilledEndpoint, fillEndpoint, type HttpEndpointOptions } from './endpoint-options.ts';
import type { EndpointStatus } from './endpoint-status.ts';
import { type CallTarget, SocketPlaces } from './endpoint-url.ts';
import { type EndpointGround, HttpOrigin } from './http-origin.ts';
import type { Endpoint } from './transport.ts';
import { openSocketClient } from './socket-client.ts';

/** Names of functions come from anywhere; so many of them are remembered, and so many origins may come of them. */
const PLACE_COUNT_MAX = 10_000;
const ORIGIN_COUNT_MAX = 1_000;

/** Where the calls of one function go. */
interface Place {
  readonly origin: HttpOrigin;
  readonly target: CallTarget;
}

/**
 * An endpoint that speaks StateFun's request-reply protocol over HTTP: functions written with one of its SDKs, or those of
 * another engine. Give it to remote functions; several may share it.
 *
 * A call whose response is of no use is repeated, as the `profile` says, until its time is over; then it fails with
 * `REMOTE_CALL_FAILED`, and the failure policy of its function says what becomes of the messages. While the endpoint cannot
 * be reached at all, calls wait, the `error` event tells of `ENDPOINT_UNREACHABLE`, and `engine.endpoints()` says why.
 * Redirects are not followed. (StateFun: `io.statefun.endpoints.v2/http`.)
 *
 * @throws MillraceError `INVALID_DEFINITION`
 */
export function httpEndpoint(options: HttpEndpointOptions): Endpoint {
  return endpointOn(options, machineOf);
}

/** The same behind a Unix socket, whatever its path is called. */
export function socketEndpoint(socketPath: string, options: Omit<HttpEndpointOptions, 'url'>): Endpoint {
  const filled = fillEndpoint(options, new SocketPlaces(socketPath));
  return new HttpEndpoint(filled, machineOf(filled));
}

function machineOf(filled: FilledEndpoint): EndpointGround {
  return {
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    open: (target) => openSocketClient(target, filled, systemClock, systemTimers, systemRandom),
  };
}

/** The same on another ground, for tests. */
export function endpointOn(
  options: HttpEndpointOptions,
  groundOf: (filled: FilledEndpoint) => EndpointGround,
): Endpoint {
  const filled = fillEndpoint(options);
  return new HttpEndpoint(filled, groundOf(filled));
}

class HttpEndpoint implements Endpoint, Companion {
  readonly name: string;
  readonly concurrency: number;
  readonly stateBytesMax: number;
  readonly effectCountMax: number;
  readonly companion: Companion = this;
  readonly takesCallOff = true;
  readonly readsResponses = true;
  readonly runsElsewhere = true;
  readonly #options: FilledEndpoint;
  readonly #ground: EndpointGround;
  readonly #limits: ProtocolLimits;
  readonly #origins = new Map<string, HttpOrigin>();
  readonly #places = new Map<string, Place>();
  readonly #read = (body: Uint8Array): BatchResponse => decodeResponse(body, this.#limits);
  /** The shards of this thread; more than one only where a whole engine runs on one. */
  readonly #shards: CompanionPlace[] = [];

  constructor(options: FilledEndpoint, ground: EndpointGround) {
    this.name = options.url.name;
    this.concurrency = options.concurrency;
    this.stateBytesMax = options.stateBytesMax;
    this.effectCountMax = options.effectCountMax;
    this.#options = options;
    this.#ground = ground;
    const { responseBytesMax, effectCountMax } = options;
    this.#limits = { ...PROTOCOL_LIMITS, bytesMax: responseBytesMax, elementCountMax: effectCountMax };
  }

  start(place: CompanionPlace): void {
    this.#shards.push(place);
    const { url } = this.#options;
    if (url.isOneOrigin) this.#originOf(url.targetOf('name')).prepare();
  }

  async stop(): Promise<void> {
    this.#shards.shift();
    if (this.#shards.length > 0) return;
    const origins = [...this.#origins.values()];
    this.#origins.clear();
    this.#places.clear();
    const reason = new MillraceError('ENGINE_STOPPED', `The calls to ${this.name} have been called off.`);
    await Promise.all(origins.map((origin) => origin.close(reason)));
  }

  status(): readonly EndpointStatus[] {
    return [...this.#origins.values()].map((origin) => origin.status());
  }

  call(request: BatchRequest, signal: CallOffSignal): Promise<BatchResponse> {
    try {
      const { origin, target } = this.#placeOf(request.target.type);
      return origin.call({ target, body: encodeRequest(request), read: this.#read, signal });
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what was thrown, as it is
      return Promise.reject(error);
    }
  }

  #placeOf(type: string): Place {
    const known = this.#places.get(type);
    if (known !== undefined) return known;
    assert(this.#shards.length > 0, 'endpoints are called between start and stop');
    const target = this.#targetOf(type.slice(type.indexOf('/') + 1));
    const place = { origin: this.#originOf(target), target };
    if (this.#places.size >= PLACE_COUNT_MAX) this.#places.clear();
    this.#places.set(type, place);
    return place;
  }

  #targetOf(functionName: string): CallTarget {
    try {
      const target = this.#options.url.targetOf(functionName);
      if (target.hostname === undefined || this.#options.guard.mayReach(target.hostname)) return target;
    } catch (error) {
      throw this.#refused((error as Error).message, error);
    }
    throw this.#refused(`the function name ${functionName} leads to an address that is refused`);
  }

  #originOf(target: CallTarget): HttpOrigin {
    const known = this.#origins.get(target.origin);
    if (known !== undefined) return known;
    if (this.#origins.size >= ORIGIN_COUNT_MAX) {
      throw this.#refused(`the names of its functions lead to more than ${ORIGIN_COUNT_MAX} hosts`);
    }
    const unreachable = (name: string, reason: string): void => this.#unreachable(name, reason);
    const origin = new HttpOrigin(target, this.#options, this.#ground, unreachable);
    this.#origins.set(target.origin, origin);
    return origin;
  }

  #refused(what: string, cause?: unknown): MillraceError {
    const details = { endpoint: this.name, attempts: 0, reason: what };
    return new MillraceError('REMOTE_CALL_FAILED', `${this.name} was not called: ${what}`, { cause, details });
  }

  #unreachable(origin: string, reason: string): void {
    const shard = this.#shards[0];
    const what = `The endpoint ${this.name} cannot be reached from shard ${shard?.shard} (${origin}): ${reason}`;
    const details = { endpoint: this.name, origin, reason };
    shard?.report(new MillraceError('ENDPOINT_UNREACHABLE', what, { details }));
  }
}
