/**
 * One request over `node:http` and its response: reads the body, bounded, has it handled, and answers. It opens no port;
 * the server is the program's, and so are its time-outs and certificates.
 *
 * What `node:http` itself does for a request costs more than most functions, so little is added to it here: no promise
 * unless a function gave one, no listener on a request that is there as a whole, and a response that is short leaves in
 * one piece with its head.
 *
 * ```
 *   a turn of the event loop    read A │ read B │ read C │ handle and answer A, B, C
 * ```
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeResponseText } from '../statefun/protocol-codec.ts';
import { Caller } from './caller.ts';
import { CONTENT_TYPE, type Endpoint, tooLarge } from './endpoint.ts';

/** The body of a response: a text of one character a byte, or bytes; undefined for a failure. */
type Body = string | Uint8Array | undefined;

const NO_BYTES = Buffer.alloc(0);
/** StateFun repeats what is answered so, and takes other codes for a failure of its whole job. */
const FAILED = 500;

/** Sees to one request, in a tick of its own: whoever else listens to it has until then to say so. */
export function exchange(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): void {
  // Whoever has it flow already is given its bytes soon, and only those who listen by then get them.
  if (request.readableFlowing !== null) new BodyReader(endpoint, request, response).begin();
  else process.nextTick(takeWhole, endpoint, request, response);
}

/**
 * A short request comes in one packet, and the turn that has called us for its head goes on to its body. So one tick
 * later its body mostly is there, and needs no events: they cost more than reading it does.
 */
function takeWhole(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): void {
  const { readableLength } = request;
  if (!isThere(request) || request.readableFlowing !== null || readableLength > endpoint.requestBytesMax) {
    new BodyReader(endpoint, request, response).begin();
    return;
  }
  // Exactly so many, which does not touch its end.
  const bytes = readableLength === 0 ? NO_BYTES : (request.read(readableLength) as Buffer);
  setImmediate(handleWhole, endpoint, request, response, bytes);
}

/**
 * At the end of the turn in which the request was read, together with all others that were read in it. So responses leave
 * in a row, and whoever gets them is woken once: to wake it for each costs more than to handle it. A request that comes
 * alone does not wait for anything.
 */
function handleWhole(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  handle(endpoint, response, bytes);
  // Nobody has seen its end yet. Who is there only to read it does not wait for that.
  if (request.listenerCount('end') > 0 || request.listenerCount('close') > 0) request.resume();
}

/**
 * Whether there is nothing more to come of the body. node:http runs our tick when the last byte of a body has come, and
 * says that the request is complete right after it.
 */
function isThere(request: IncomingMessage): boolean {
  if (request.complete) return true;
  const { 'content-length': declared, 'transfer-encoding': encoding } = request.headers;
  return declared !== undefined && encoding === undefined && request.readableLength === Number(declared);
}

/** Reads a request that comes piece by piece. */
class BodyReader {
  readonly #endpoint: Endpoint;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #chunks: Buffer[] = [];
  #byteLength = 0;
  /** Whether the body is complete, or refused: no more of it is of interest. */
  #isRead = false;

  constructor(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse) {
    this.#endpoint = endpoint;
    this.#request = request;
    this.#response = response;
  }

  begin(): void {
    const request = this.#request;
    // Its events are over.
    if (request.readableEnded || request.destroyed) {
      this.#fail(new Error('The request was read, or closed, before the handler was called.'));
      return;
    }
    request.on('data', (chunk: Buffer) => this.#take(chunk));
    request.on('end', () => this.#end());
    // It has no error of its own unless somebody listens for one.
    request.on('close', () => this.#requestClosed());
    if (Number(request.headers['content-length'] ?? 0) > this.#endpoint.requestBytesMax) this.#refuse();
  }

  #take(chunk: Buffer): void {
    if (this.#isRead) return;
    this.#byteLength += chunk.length;
    if (this.#byteLength > this.#endpoint.requestBytesMax) this.#refuse();
    else this.#chunks.push(chunk);
  }

  #refuse(): void {
    this.#chunks.length = 0;
    this.#fail(tooLarge(this.#endpoint.requestBytesMax));
  }

  #requestClosed(): void {
    if (this.#isRead || this.#request.complete) return;
    this.#fail(new Error('The connection was closed before the request was complete.'));
  }

  #fail(error: Error): void {
    this.#isRead = true;
    this.#endpoint.tellRefused(error);
    answer(this.#endpoint, this.#response, undefined, !this.#request.complete);
  }

  #end(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    handle(this.#endpoint, this.#response, bytes);
  }
}

/** `bytes` are all of the request. */
function handle(endpoint: Endpoint, response: ServerResponse, bytes: Buffer): void {
  const caller = new Caller();
  if (response.destroyed) caller.leave();
  const body = endpoint.handle(bytes, caller, encodeResponseText);
  if (!(body instanceof Promise)) {
    answer(endpoint, response, body, false);
    return;
  }
  // A connection that breaks is told of by `close`; without a listener an error would end the process.
  response.on('error', ignore);
  response.on('close', () => {
    if (!response.writableFinished) caller.leave();
  });
  void body.then((made) => answer(endpoint, response, made, false));
}

/** `isLeft`: something of the request is not read, and would be taken for the next one. */
function answer(endpoint: Endpoint, response: ServerResponse, body: Body, isLeft: boolean): void {
  // Whoever asked has gone.
  if (response.destroyed) return;
  try {
    write(response, body, isLeft);
  } catch (error) {
    // The program has answered it already, or taken it away.
    endpoint.tellRefused(error);
    response.on('error', ignore);
    response.destroy();
  }
}

/** Names and values in one list, which `node:http` needs not look through. */
function write(response: ServerResponse, body: Body, isLeft: boolean): void {
  const headers = ['content-length', String(body?.length ?? 0)];
  if (body !== undefined) headers.push('content-type', CONTENT_TYPE);
  if (isLeft) headers.push('connection', 'close');
  response.writeHead(body === undefined ? FAILED : 200, headers);
  if (typeof body === 'string') response.end(body, 'latin1');
  else response.end(body);
}

function ignore(): void {
  // Whoever is concerned is told otherwise.
}
