/**
 * The official JavaScript package with its own handler, as a client of our engine: what a request leads to goes through
 * its bytes both ways, and only the socket is missing.
 */
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import type { BatchRequest, BatchResponse } from '../../../src/statefun/protocol.ts';
import { decodeResponse, encodeRequest } from '../../../src/statefun/protocol-codec.ts';

export const official: typeof import('apache-flink-statefun') = createRequire(import.meta.url)('apache-flink-statefun');

/** Answers a request as this handler does. */
export function answeredBy(handler: RequestListener): (request: BatchRequest) => Promise<BatchResponse> {
  return async (request) => decodeResponse(await posted(handler, encodeRequest(request)));
}

async function posted(handler: RequestListener, body: Uint8Array): Promise<Uint8Array> {
  const socket = new Socket();
  const request = new IncomingMessage(socket);
  Object.assign(request, { method: 'POST', url: '/', headers: { 'content-length': String(body.length) } });
  request.push(body);
  request.push(null);
  request.complete = true;
  const response = new ServerResponse(request);
  const answered = Promise.withResolvers<Uint8Array>();
  response.end = (chunk?: unknown, encoding?: unknown) => {
    // Whichever way it is given, as bytes or as a text.
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : (chunk as Uint8Array);
    if (response.statusCode === 200) answered.resolve(bytes);
    else answered.reject(new Error(`answered with ${response.statusCode}`));
    return response;
  };
  handler(request, response);
  return await answered.promise;
}
