/**
 * One request over `node:http` and its response: reads the body, bounded, has it handled, and answers. It opens no port;
 * the server is the program's, and so are its time-outs and certificates.
 *
 * What `node:http` itself does for a request costs more than most functions, so little is added to it here: no promise
 * unless a function gave one, and a response that is short leaves in one piece with its head.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeResponseText } from '../statefun/protocol-codec.ts';
import { Caller } from './caller.ts';
import { CONTENT_TYPE, type Endpoint, tooLarge } from './endpoint.ts';

/** The body of a response: a text of one character a byte, or bytes; undefined for a failure. */
type Body = string | Uint8Array | undefined;

export class HttpExchange {
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
    request.on('data', (chunk: Buffer) => this.#take(chunk));
    request.on('end', () => this.#handle());
    // It has no error of its own unless somebody listens for one.
    request.on('close', () => this.#requestClosed());
    // A connection that breaks is told of by `close`; without a listener it would end the process.
    this.#response.on('error', ignore);
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
    this.#answer(undefined);
  }

  #handle(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    const caller = new Caller();
    if (this.#response.destroyed) caller.leave();
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    const body = this.#endpoint.handle(bytes, caller, encodeResponseText);
    if (body instanceof Promise) this.#answerLater(body, caller);
    else this.#answer(body);
  }

  #answerLater(body: Promise<Body>, caller: Caller): void {
    const response = this.#response;
    response.on('close', () => {
      if (!response.writableFinished) caller.leave();
    });
    void body.then((made) => this.#answer(made));
  }

  #answer(body: Body): void {
    if (this.#response.destroyed) return;
    try {
      this.#write(body);
    } catch (error) {
      // The program has answered it already, or taken it away.
      this.#endpoint.tellRefused(error);
      this.#response.destroy();
    }
  }

  /** Names and values in one list, which `node:http` needs not look through. */
  #write(body: Body): void {
    const response = this.#response;
    const headers = ['content-length', String(body?.length ?? 0)];
    if (body !== undefined) headers.push('content-type', CONTENT_TYPE);
    // What was not read of the request would be taken for the next one.
    if (!this.#request.complete) headers.push('connection', 'close');
    response.writeHead(body === undefined ? 500 : 200, headers);
    if (typeof body === 'string') response.end(body, 'latin1');
    else response.end(body);
  }
}

function ignore(): void {
  // Whoever is concerned is told otherwise.
}
