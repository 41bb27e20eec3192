/**
 * An endpoint without its web server: bytes of a request in, status and bytes of the response out. Whatever goes wrong is
 * a 500 without effects: StateFun repeats those, and of other codes it makes a failure of the whole job. Why it went
 * wrong is for the log alone. Nothing is kept from one request to the next.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Address } from '../sdk/address.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { BatchResponse } from '../statefun/protocol.ts';
import { decodeRequestInPlace } from '../statefun/protocol-codec.ts';
import { PROTOCOL_LIMITS, type ProtocolLimits } from '../statefun/protocol-layout.ts';
import { BatchRuns, type RequestInPlace } from './batch-run.ts';
import { StateRules } from './batch-state.ts';
import type { Caller } from './caller.ts';
import { type EndpointEvent, type EndpointOptions, type FilledOptions, fillOptions } from './endpoint-options.ts';
import type { EndpointPlace } from './endpoint-place.ts';
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
export const CONTENT_TYPE = 'application/octet-stream';
const FAILED: EndpointResponse = { status: 500, headers: { 'content-length': '0' }, body: new Uint8Array(0) };

/** The response with this body; that of a failure without one. */
export function responseOf(body: Uint8Array | undefined): EndpointResponse {
  if (body === undefined) return FAILED;
  return { status: 200, headers: { 'content-type': CONTENT_TYPE, 'content-length': String(body.length) }, body };
}

/** Makes what its host sends of a response. */
export type Encode<Body> = (response: BatchResponse) => Body;

export class Endpoint {
  /** Bytes that a request may have. */
  readonly requestBytesMax: number;
  readonly #limits: ProtocolLimits;
  readonly #log: FilledOptions['log'];
  readonly #runs: BatchRuns;

  /** Throws `NOT_ON_STATEFUN` or `INVALID_DEFINITION`. */
  constructor(given: EndpointOptions, clock: Clock, random: Random) {
    const options = fillOptions(given);
    const { development, types, sends, egresses } = options;
    const { requestBytesMax, itemCountMax, operationMs } = options.limits;
    this.#log = options.log;
    this.requestBytesMax = requestBytesMax;
    this.#limits = { ...PROTOCOL_LIMITS, bytesMax: requestBytesMax };
    const warnings = checkCarried(options);
    const place: EndpointPlace = {
      functions: new ServedFunctions(options),
      mapping: new MessageMapping({ types, sends, egresses, itemCountMax }),
      stateRules: new StateRules(itemCountMax, development),
      clock,
      random,
      operationMs,
      overdue: (error) => this.#tell('warning', error.message, error),
    };
    this.#runs = new BatchRuns(place);
    for (const text of warnings) this.#tell('warning', text, undefined);
  }

  /**
   * The response to these bytes, made by `encode`; at once, if all functions return at once. Undefined if something has
   * failed: the log learns what, and nothing is thrown.
   */
  handle<Body>(bytes: Uint8Array, caller: Caller, encode: Encode<Body>): Body | undefined | Promise<Body | undefined> {
    let request: RequestInPlace | undefined;
    try {
      if (bytes.length > this.requestBytesMax) throw tooLarge(this.requestBytesMax);
      request = decodeRequestInPlace(bytes, this.#limits);
      const response = this.#runs.run(request, caller);
      return response instanceof Promise ? this.#encodeLater(request, response, encode) : encode(response);
    } catch (error) {
      return this.#tellFailed(request, error);
    }
  }

  async #encodeLater<Body>(
    request: RequestInPlace,
    response: Promise<BatchResponse>,
    encode: Encode<Body>,
  ): Promise<Body | undefined> {
    try {
      return encode(await response);
    } catch (error) {
      return this.#tellFailed(request, error);
    }
  }

  #tellFailed(request: RequestInPlace | undefined, error: unknown): undefined {
    if (request === undefined) return this.tellRefused(error);
    const { target, invocations } = request;
    const whose = `${target.type} ${describe(target.id)}`;
    this.#tell('error', `${whose}: a batch of ${invocations.length} has failed: ${reasonOf(error)}`, error, target);
  }

  /** Nothing has been made of a request; the log learns why. */
  tellRefused(error: unknown): undefined {
    this.#tell('warning', `A request was refused: ${reasonOf(error)}`, error);
  }

  /** Whoever listens must not fail a request. */
  #tell(level: EndpointEvent['level'], text: string, error: unknown, target?: Address): void {
    try {
      this.#log({ level, text, error, target });
    } catch {
      // It has nobody else to tell it to.
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : describe(error);
}

/** The error for a request of more bytes than allowed. */
export function tooLarge(bytesMax: number): MillraceError {
  return new MillraceError('MESSAGE_TOO_LARGE', `A request has more bytes than limits.requestBytesMax, ${bytesMax}.`);
}
