/**
 * An endpoint without its web server: bytes of a request in, status and bytes of the response out. Whatever goes wrong is
 * a 500 without effects: StateFun repeats those, and of other codes it makes a failure of the whole job. Why it went
 * wrong is for the log alone. Nothing is kept from one request to the next.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Address } from '../sdk/address.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { BatchRequest } from '../statefun/protocol.ts';
import { decodeRequest, encodeResponse } from '../statefun/protocol-codec.ts';
import { PROTOCOL_LIMITS } from '../statefun/protocol-layout.ts';
import { BatchRunner } from './batch-run.ts';
import type { Caller } from './caller.ts';
import { type EndpointEvent, type EndpointOptions, type FilledOptions, fillOptions } from './endpoint-options.ts';
import { MessageMapping } from './message-mapping.ts';
import { checkCarried } from './not-on-statefun.ts';
import { ServedFunctions } from './served-function.ts';

/** What is to be answered. */
export interface EndpointResponse {
  readonly status: 200 | 500;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** StateFun takes this type and nothing else, without parameters. */
const CONTENT_TYPE = 'application/octet-stream';
const NOTHING = new Uint8Array(0);
const FAILED: EndpointResponse = { status: 500, headers: { 'content-length': '0' }, body: NOTHING };

export class Endpoint {
  /** Bytes that a request may have. */
  readonly requestBytesMax: number;
  readonly #options: FilledOptions;
  readonly #runner: BatchRunner;

  /** Throws `NOT_ON_STATEFUN` or `INVALID_DEFINITION`. */
  constructor(given: EndpointOptions, clock: Clock, random: Random) {
    const options = fillOptions(given);
    const { limits, development, types, sends, egresses } = options;
    this.#options = options;
    this.requestBytesMax = limits.requestBytesMax;
    const warnings = checkCarried(options);
    const mapping = new MessageMapping({ types, sends, egresses, itemCountMax: limits.itemCountMax });
    const place = { functions: new ServedFunctions(options), mapping, clock, random };
    const setting = { itemCountMax: limits.itemCountMax, development };
    this.#runner = new BatchRunner(place, setting, { overdue: (error) => this.#tell('warning', error.message, error) });
    for (const text of warnings) this.#tell('warning', text, undefined);
  }

  /** Never rejects. */
  async handle(bytes: Uint8Array, caller: Caller): Promise<EndpointResponse> {
    let request: BatchRequest | undefined;
    try {
      request = this.#decode(bytes);
      const body = encodeResponse(await this.#runner.run(request, caller));
      const headers = { 'content-type': CONTENT_TYPE, 'content-length': String(body.length) };
      return { status: 200, headers, body };
    } catch (error) {
      return this.refuse(error, request);
    }
  }

  #decode(bytes: Uint8Array): BatchRequest {
    const { requestBytesMax } = this;
    if (bytes.length > requestBytesMax) throw tooLarge(requestBytesMax);
    return decodeRequest(bytes, { ...PROTOCOL_LIMITS, bytesMax: requestBytesMax });
  }

  /** The response when something has failed; the log learns what. */
  refuse(error: unknown, request?: BatchRequest): EndpointResponse {
    const reason = error instanceof Error ? error.message : describe(error);
    if (request === undefined) {
      this.#tell('warning', `A request was refused: ${reason}`, error);
    } else {
      const { target, invocations } = request;
      const whose = `${target.type} ${describe(target.id)}`;
      this.#tell('error', `${whose}: a batch of ${invocations.length} has failed: ${reason}`, error, target);
    }
    return FAILED;
  }

  /** Whoever listens must not fail a request. */
  #tell(level: EndpointEvent['level'], text: string, error: unknown, target?: Address): void {
    try {
      this.#options.log({ level, text, error, target });
    } catch {
      // It has nobody else to tell it to.
    }
  }
}

/** The error for a request of more bytes than allowed. */
export function tooLarge(bytesMax: number): MillraceError {
  return new MillraceError('MESSAGE_TOO_LARGE', `A request has more bytes than limits.requestBytesMax, ${bytesMax}.`);
}
