/**
 * StateFun's protocol between objects (`protocol.ts`) and bytes (`protocol-layout.ts`), for both roles: an engine encodes
 * requests and decodes responses, an endpoint the other way round.
 *
 * What it writes is canonical: fields in the order of their numbers and defaults left out, since the readers of some SDKs
 * take nothing else. What it reads may be in any order, with fields that nobody knows and defaults spelled out; of a
 * field that stands there twice the last one counts. Bytes come from anybody: all that is wrong with them is refused with
 * `MALFORMED_BATCH`, and what is refused is refused before much is done with it. It knows bytes and not meaning: whether
 * names are allowed and a delay is negative is for those to judge who carry it out.
 */
import type { BatchRequest, BatchResponse } from './protocol.ts';
import { PROTOCOL_LIMITS, type ProtocolLimits } from './protocol-layout.ts';
import { ProtocolReader } from './protocol-reader.ts';
import { ProtocolWriter } from './protocol-writer.ts';
import { COPIED, IN_PLACE, readRequest, writeRequest } from './request-codec.ts';
import { readResponse, writeResponse } from './response-codec.ts';
import type { ValueInPlace } from './typed-value.ts';

/** One for the thread: nobody awaits between `begin` and `finish`. */
const writer = new ProtocolWriter();

/**
 * The bytes of a request (ToFunction).
 *
 * @throws MillraceError `MALFORMED_BATCH` when a name or id has half a character, which the protocol cannot carry
 */
export function encodeRequest(request: BatchRequest): Uint8Array {
  writer.begin();
  writeRequest(writer, request);
  return writer.finishBriefly();
}

/**
 * The request that the bytes are. It shares no memory with them.
 *
 * @throws MillraceError `MALFORMED_BATCH`; so without a batch or a target, too
 */
export function decodeRequest(bytes: Uint8Array, limits: ProtocolLimits = PROTOCOL_LIMITS): BatchRequest {
  return readRequest(new ProtocolReader(bytes, 'request', limits), COPIED);
}

/**
 * The same, with the values where they lie in `bytes`, which nobody may change while the request is of interest.
 *
 * @throws MillraceError `MALFORMED_BATCH` as `decodeRequest`
 */
export function decodeRequestInPlace(bytes: Uint8Array, limits: ProtocolLimits): BatchRequest<ValueInPlace> {
  return readRequest(new ProtocolReader(bytes, 'request', limits), IN_PLACE);
}

/**
 * The bytes of a response (FromFunction).
 *
 * @throws MillraceError `MALFORMED_BATCH` when a name or id has half a character, which the protocol cannot carry
 */
export function encodeResponse(response: BatchResponse): Uint8Array {
  writer.begin();
  writeResponse(writer, response);
  return writer.finish();
}

/** Longer ones would take a second copy as text. */
const TEXT_BYTES_MAX = 8 * 1024;

/**
 * The same for node:http, which sends a text (here of one character a byte, latin1) in one piece with the head of a
 * response, and bytes in another. A long response is bytes.
 *
 * @throws MillraceError `MALFORMED_BATCH` as `encodeResponse`
 */
export function encodeResponseText(response: BatchResponse): string | Uint8Array {
  writer.begin();
  writeResponse(writer, response);
  return writer.byteLength > TEXT_BYTES_MAX ? writer.finish() : writer.finishText();
}

/**
 * The response that the bytes are; no bytes are success without effects. It shares no memory with them.
 *
 * @throws MillraceError `MALFORMED_BATCH`
 */
export function decodeResponse(bytes: Uint8Array, limits: ProtocolLimits = PROTOCOL_LIMITS): BatchResponse {
  return readResponse(new ProtocolReader(bytes, 'response', limits));
}
