/**
 * Serves an endpoint over `node:http`: reads the body, bounded, and writes the response. It opens no port; the server is
 * the program's, and so are its time-outs and certificates.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { Caller, callerOf } from './caller.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { Endpoint, type EndpointResponse, tooLarge } from './endpoint.ts';

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
    serve(endpoint, request, response).catch((error: unknown) => {
      // The program has answered it already, or taken it away.
      endpoint.refuse(error);
      response.destroy();
    });
  };
  return Object.assign(handler, {
    handleBytes: (bytes: Uint8Array, signal?: AbortSignal) => handleUntil(endpoint, bytes, signal),
    refuse: (reason: unknown) => endpoint.refuse(reason),
    requestBytesMax: endpoint.requestBytesMax,
  });
}

async function handleUntil(endpoint: Endpoint, bytes: Uint8Array, signal?: AbortSignal): Promise<EndpointResponse> {
  const { caller, release } = callerOf(signal);
  try {
    return await endpoint.handle(bytes, caller);
  } finally {
    release();
  }
}

async function serve(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const caller = new Caller();
  response.on('close', () => {
    if (!response.writableFinished) caller.leave();
  });
  // A connection that breaks is told of by `close`; without a listener it would end the process.
  response.on('error', ignore);
  const { status, headers, body } = await answer(endpoint, request, caller);
  if (response.destroyed) return;
  // What was not read of the request would be taken for the next one.
  response.writeHead(status, request.complete ? headers : { ...headers, connection: 'close' });
  response.end(body);
}

function ignore(): void {
  // Whoever is concerned is told otherwise.
}

async function answer(endpoint: Endpoint, request: IncomingMessage, caller: Caller): Promise<EndpointResponse> {
  try {
    return await endpoint.handle(await readBody(request, endpoint.requestBytesMax), caller);
  } catch (error) {
    return endpoint.refuse(error);
  }
}

/** Throws `MESSAGE_TOO_LARGE` as soon as it is known to be. */
function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const chunks: Buffer[] = [];
  let byteLength = 0;
  const refuse = (): void => {
    chunks.length = 0;
    reject(tooLarge(bytesMax));
  };
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) refuse();
  request.on('data', (chunk: Buffer) => {
    byteLength += chunk.length;
    if (byteLength > bytesMax) refuse();
    else chunks.push(chunk);
  });
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
  // It has no error of its own unless somebody listens for one.
  request.on('close', () => {
    if (!request.complete) reject(new Error('The connection was closed before the request was complete.'));
  });
  return promise;
}
