/**
 * The same handler for hosts that are not `node:http`: those that speak `fetch`, and AWS Lambda. They bring the bytes
 * there and back, and decide nothing.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import { tooLarge } from './endpoint.ts';
import type { StatefunHandler } from './statefun-handler.ts';

/**
 * For hosts that take a `(request: Request) => Promise<Response>`, such as Deno, Bun and workers at the edge that run
 * Node's modules. The promise never rejects.
 *
 * @throws MillraceError `INVALID_DEFINITION`
 */
export function toFetch(handler: StatefunHandler): (request: Request) => Promise<Response> {
  checkHandler('toFetch', handler);
  return async (request) => {
    const { status, headers, body } = await answer(handler, request);
    return new Response(body.slice(), { status, headers: { ...headers } });
  };
}

async function answer(handler: StatefunHandler, request: Request): ReturnType<StatefunHandler['handleBytes']> {
  try {
    return await handler.handleBytes(await readBody(request, handler.requestBytesMax), request.signal);
  } catch (error) {
    return handler.refuse(error);
  }
}

async function readBody({ body }: Request, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  for await (const chunk of body ?? []) {
    byteLength += chunk.length;
    // Leaving the loop cancels the rest.
    if (byteLength > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The part of the events of API Gateway (both versions of its format) and of function URLs that matters here. */
export interface LambdaEvent {
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean | undefined;
}

/** What all of them take as a response. */
export interface LambdaResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/**
 * For AWS Lambda, behind a function URL or an API Gateway. Bodies are binary, so they must come as base64: function URLs
 * do that by themselves, an API Gateway needs `application/octet-stream` among its binary media types. Lambda does not
 * say when a caller has gone.
 *
 * @throws MillraceError `INVALID_DEFINITION`
 */
export function toLambda(handler: StatefunHandler): (event: LambdaEvent) => Promise<LambdaResult> {
  checkHandler('toLambda', handler);
  return async (event) => {
    const isText = event.isBase64Encoded !== true && (event.body ?? '') !== '';
    const { status, headers, body } = isText
      ? handler.refuse(new Error('The body has come as text: declare application/octet-stream as a binary media type.'))
      : await handler.handleBytes(Buffer.from(event.body ?? '', 'base64'));
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64');
    return { statusCode: status, headers, body: text, isBase64Encoded: true };
  };
}

/** What is no handler would show only at the first request. */
function checkHandler(adapter: string, handler: Partial<StatefunHandler> | null | undefined): void {
  if (typeof handler?.handleBytes === 'function') return;
  const what = `${adapter}: the handler is ${describe(handler)}, not what createStatefunHandler gives.`;
  throw new MillraceError('INVALID_DEFINITION', what);
}
