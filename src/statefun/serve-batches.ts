/**
 * One HTTP exchange with an engine: a request's bytes in, a response's bytes out. Status 200 or 500 and nothing else,
 * since an engine of StateFun repeats a 500 and may take a 4xx for final; a failure is told to the log and not to the caller.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BatchRequest, BatchResponse } from './protocol.ts';
import { decodeRequest, encodeResponse } from './protocol-codec.ts';
import { PROTOCOL_LIMITS, type ProtocolLimits } from './protocol-layout.ts';

const CONTENT_TYPE = 'application/octet-stream';

export async function serveBatch(
  request: IncomingMessage,
  response: ServerResponse,
  run: (batch: BatchRequest) => Promise<BatchResponse>,
  report: (error: Error) => void,
  limits: ProtocolLimits = PROTOCOL_LIMITS,
): Promise<void> {
  let body: Uint8Array;
  try {
    body = encodeResponse(await run(decodeRequest(await readBody(request, limits.bytesMax), limits)));
  } catch (error) {
    if (response.destroyed || response.writableEnded) return;
    report(error instanceof Error ? error : new Error(String(error)));
    // A body that was not read to its end must not be taken for the next request.
    const close = request.complete === false ? { Connection: 'close' } : {};
    response.writeHead(500, { 'Content-Type': CONTENT_TYPE, 'Content-Length': 0, ...close });
    response.end();
    return;
  }
  response.writeHead(200, { 'Content-Type': CONTENT_TYPE, 'Content-Length': body.byteLength });
  response.end(body);
}

async function readBody(request: IncomingMessage, byteLengthMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let byteLength = 0;
  const tooLong = (): Error => new Error(`A request of more than ${byteLengthMax} bytes was refused`);
  if (Number(request.headers?.['content-length']) > byteLengthMax) throw tooLong();
  for await (const chunk of chunksOf(request)) {
    byteLength += (chunk as Buffer).length;
    if (byteLength > byteLengthMax) throw tooLong();
    chunks.push(chunk as Buffer);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

/** Left by an exception, a request destroys itself, and with it the connection that the refusal has to go out by. */
function chunksOf(request: IncomingMessage): AsyncIterable<unknown> {
  // Hosts other than Node's server bring their own object, which can be iterated and no more.
  const { iterator } = request as Partial<IncomingMessage>;
  return iterator === undefined ? request : iterator.call(request, { destroyOnReturn: false });
}
