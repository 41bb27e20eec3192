/**
 * Tracing as users see it: the W3C trace context, which other systems send along as two headers, and a causal id, which
 * names the message from outside with which everything began. Both are text that travels on; nothing here samples,
 * records or exports anything.
 *
 * What a client sends in a header is not to be trusted, and a bad header must not cost its message: a `traceparent` or
 * `tracestate` that is not well-formed is left out, as the W3C recommendation asks. What is no text at all, or an
 * unusable causal id, is a mistake of the program, and refused.
 */
import { describe, MillraceError } from './errors.ts';

/** What a message from outside may bring along. */
export interface TraceContext {
  /** The header of that name: `00-<trace id>-<span id of the sender>-<flags>`, in hexadecimal digits. */
  readonly traceparent?: string | undefined;
  /** The header of that name, up to 512 characters; dropped without a `traceparent`. */
  readonly tracestate?: string | undefined;
  /** Any text of 1 to 128 characters; a random one by default. */
  readonly causalId?: string | undefined;
}

/** What an invocation knows of where its message comes from. */
export interface Trace {
  /** This invocation as a span of the trace, to be given to other systems; undefined if the message brought no trace. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** The `traceparent` that came with the message: of the invocation that sent it, or of a client. */
  readonly parent: string | undefined;
  /** The same for all that comes of one message from outside. */
  readonly causalId: string;
}

/** What travels with a message, and with what leaves by an egress: it names the span that has sent it. */
export interface CarriedTrace {
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly causalId: string;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/;
const TRACEPARENT_LENGTH = 55;
const SPAN_START = 36;
const SPAN_LENGTH = 16;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;
const CAUSAL_ID_LENGTH_MAX = 128;

/** Checks what a message from outside brings along. Throws `INVALID_TRACE`. */
export function checkTrace(given: TraceContext, newCausalId: () => string): CarriedTrace {
  if (typeof given !== 'object' || given === null) throw invalid('trace', given, 'an object');
  const causalId = given.causalId ?? newCausalId();
  if (typeof causalId !== 'string' || causalId === '' || causalId.length > CAUSAL_ID_LENGTH_MAX) {
    throw invalid('causalId', causalId, `a text of 1 to ${CAUSAL_ID_LENGTH_MAX} characters`);
  }
  const traceparent = parentOf(text('traceparent', given.traceparent));
  const tracestate = text('tracestate', given.tracestate);
  if (traceparent === undefined) return { causalId };
  return TRACESTATE.test(tracestate) ? { traceparent, tracestate, causalId } : { traceparent, causalId };
}

function text(name: string, given: unknown): string {
  if (given === undefined) return '';
  if (typeof given === 'string') return given;
  throw invalid(name, given, 'a text');
}

function invalid(name: string, given: unknown, allowed: string): MillraceError {
  return new MillraceError('INVALID_TRACE', `The trace of a message: ${name} is ${describe(given)}, not ${allowed}.`);
}

/** In the version of the format that is known here; a later one may have more behind it. */
function parentOf(header: string): string | undefined {
  if (!TRACEPARENT.test(header)) return undefined;
  const rest = header.slice(TRACEPARENT_LENGTH);
  if (header.startsWith('00') ? rest !== '' : rest !== '' && !rest.startsWith('-')) return undefined;
  return `00${header.slice(2, TRACEPARENT_LENGTH)}`;
}

/** The same trace with another span as its newest. */
export function childOf(carried: CarriedTrace, random: () => number): CarriedTrace {
  const { traceparent } = carried;
  if (traceparent === undefined) return carried;
  const flags = traceparent.slice(SPAN_START + SPAN_LENGTH);
  return { ...carried, traceparent: traceparent.slice(0, SPAN_START) + hexId(random) + flags };
}

const BYTES_IN_HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function wordInHex(word: number): string {
  const [high, low] = [word >>> 16, word & 0xffff];
  return BYTES_IN_HEX[high >>> 8] + BYTES_IN_HEX[high & 0xff] + BYTES_IN_HEX[low >>> 8] + BYTES_IN_HEX[low & 0xff];
}

/** 16 hexadecimal digits, not all of them 0. */
export function hexId(random: () => number): string {
  const high = Math.floor(random() * 0x1_0000_0000);
  const low = Math.floor(random() * 0x1_0000_0000);
  return wordInHex(high) + wordInHex(high + low === 0 ? 1 : low);
}
