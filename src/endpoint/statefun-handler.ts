/**
 * The way in: what a program makes of its module, to give to `http.createServer` or to an adapter.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { encodeResponse } from '../statefun/protocol-codec.ts';
import { callerOf } from './caller.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { Endpoint, type EndpointResponse, responseOf } from './endpoint.ts';
import { exchange } from './http-exchange.ts';

/** For `http.createServer`, and for the adapters. */
export interface StatefunHandler {
  (request: IncomingMessage, response: ServerResponse): void;
  /**
   * The same beneath HTTP: the body of a request, and what to answer. It never rejects. `signal` aborts when nobody waits
   * for the response any more; then `ctx.signal` does, too.
   */
  handleBytes(bytes: Uint8Array, signal?: AbortSignal): Promise<EndpointResponse>;
  /** What to answer where there is no body to be had, for a reason that goes to the log. */
  refuse(reason: unknown): EndpointResponse;
  /** Bytes that a request may have. */
  readonly requestBytesMax: number;
}

/**
 * Serves the functions of a module to a StateFun cluster, over its request-reply protocol: a handler for
 * `http.createServer`. It answers any path; errors are a 500 without effects, with the reason in `log`, and the cluster
 * sends the batch again. It keeps nothing between requests, so several processes may serve the same module.
 *
 * A batch is all that waits for one address, and fails as a whole; so an error takes back what earlier messages of it
 * have done, which then are handled again.
 *
 * @throws MillraceError `NOT_ON_STATEFUN` for a module that the protocol cannot carry, `INVALID_DEFINITION`
 */
export function createStatefunHandler(options: EndpointOptions): StatefunHandler {
  const endpoint = new Endpoint(options, systemClock, systemRandom);
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    exchange(endpoint, request, response);
  };
  return Object.assign(handler, {
    handleBytes: (bytes: Uint8Array, signal?: AbortSignal) => handleUntil(endpoint, bytes, signal),
    refuse: (reason: unknown) => {
      endpoint.tellRefused(reason);
      return responseOf(undefined);
    },
    requestBytesMax: endpoint.requestBytesMax,
  });
}

async function handleUntil(endpoint: Endpoint, bytes: Uint8Array, signal?: AbortSignal): Promise<EndpointResponse> {
  const { caller, release } = callerOf(signal);
  try {
    // A copy, since its owner may go on with the bytes while functions wait.
    return responseOf(await endpoint.handle(Buffer.from(bytes), caller, encodeResponse));
  } finally {
    release();
  }
}
