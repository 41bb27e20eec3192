/**
 * What travels with a message beside its payload: for the engine and for tracing, never for user code to change. Most
 * messages have none, and then it costs nothing: no byte in the envelope, one undefined slot in memory.
 *
 * One object may belong to many messages at a time, so nobody ever changes one; who wants another makes another. Fields
 * that a version does not know travel on as they came, so a newer one may add some.
 *
 * In an envelope it is a tagged value (`tagged-value.ts`), but for a trace alone and a time alone, which is what most
 * metas are:
 *
 * ```
 *   │ 0x54 (8) │ causal id, length (8) │ traceparent, length (8) │ tracestate, length (16) │ the three texts in ASCII │
 *   │ 0x53 (8) │ since (64, a double) │
 * ```
 */
import { assert } from '../base/assert.ts';
import type { Address } from '../sdk/address.ts';
import type { MissedTimes } from '../sdk/timer.ts';
import type { Random } from '../base/random.ts';
import { type CarriedTrace, childOf } from '../sdk/trace.ts';
import { readId, writeId } from './id-bytes.ts';
import { decodeTagged, encodeTagged } from './tagged-value.ts';

export interface MessageMeta {
  /** Where it comes from. */
  readonly trace?: CarriedTrace;
  /** Delivered only if its target has state then. */
  readonly ifExists?: true;
  /** How many invocations of this message have failed. */
  readonly attempts?: number;
  /** Taken from the line of a parked address: older than all that still waits there. */
  readonly unparked?: true;
  /** Has been in a batch that failed: from now on it is handled alone. */
  readonly alone?: true;
  /** When the first of them failed, in milliseconds since 1970. */
  readonly firstFailedAt?: number;
  /** When the message came in from outside that it comes of, if that is followed, in milliseconds since 1970. */
  readonly since?: number;
  /** Of a schedule: which of its times were left out before this one. */
  readonly missed?: MissedTimes;
  /** An event of `onQuarantine`, or what comes of one at once: where that fails, it is no event again. */
  readonly ofEvent?: true;
  /** The type that it is for, if the module knows none of that name. */
  readonly to?: string;
  /** Who sent it, if the module no longer knows that type. */
  readonly from?: Address;
}

export const IF_EXISTS: MessageMeta = Object.freeze({ ifExists: true });

/** Bytes that the meta of one message may take; those who make one see to it. */
export const META_BYTES_MAX = 8192;
/** No forms of a tagged value. */
const TRACE_ONLY = 0x54;
const TRACE_HEAD_BYTES = 5;
const SINCE_ONLY = 0x53;
const SINCE_BYTES = 9;
/** One double and its bytes. */
const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

/** Writes it at `at`; returns its length in bytes. */
export function writeMeta(meta: MessageMeta, bytes: Uint8Array, at: number): number {
  const { trace, since } = meta;
  if (since !== undefined && hasSinceOnly(meta)) return writeSince(since, bytes, at);
  const byteLength = trace !== undefined && hasTraceOnly(meta) ? writeTrace(trace, bytes, at) : 0;
  if (byteLength > 0) return byteLength;
  const tagged = encodeTagged(meta);
  assert(tagged.length <= META_BYTES_MAX, 'the meta of a message is small');
  bytes.set(tagged, at);
  return tagged.length;
}

/** Shares nothing with `bytes`. */
export function readMeta(bytes: Uint8Array, at: number, byteLength: number): MessageMeta {
  if (bytes[at] === SINCE_ONLY) return { since: readSince(bytes, at) };
  if (bytes[at] === TRACE_ONLY) return { trace: readTrace(bytes, at) };
  return decodeTagged(bytes.subarray(at, at + byteLength)) as MessageMeta;
}

function hasSinceOnly(meta: MessageMeta): boolean {
  for (const field in meta) if (field !== 'since') return false;
  return true;
}

function writeSince(since: number, bytes: Uint8Array, at: number): number {
  bytes[at] = SINCE_ONLY;
  double[0] = since;
  for (let index = 0; index < doubleBytes.length; index++) bytes[at + 1 + index] = doubleBytes[index];
  return SINCE_BYTES;
}

function readSince(bytes: Uint8Array, at: number): number {
  for (let index = 0; index < doubleBytes.length; index++) doubleBytes[index] = bytes[at + 1 + index];
  return double[0];
}

function hasTraceOnly(meta: MessageMeta): boolean {
  for (const field in meta) if (field !== 'trace') return false;
  for (const field in meta.trace) {
    if (field !== 'causalId' && field !== 'traceparent' && field !== 'tracestate') return false;
  }
  return true;
}

/** Returns 0 if not all of it is ASCII. */
function writeTrace(
  { causalId, traceparent = '', tracestate = '' }: CarriedTrace,
  bytes: Uint8Array,
  at: number,
): number {
  bytes[at] = TRACE_ONLY;
  bytes[at + 1] = causalId.length;
  bytes[at + 2] = traceparent.length;
  bytes[at + 3] = tracestate.length & 0xff;
  bytes[at + 4] = tracestate.length >>> 8;
  let end = at + TRACE_HEAD_BYTES;
  for (const text of [causalId, traceparent, tracestate]) {
    if (writeId(text, bytes, end) < 0) return 0;
    end += text.length;
  }
  return end - at;
}

function readTrace(bytes: Uint8Array, at: number): CarriedTrace {
  const causalAt = at + TRACE_HEAD_BYTES;
  const parentAt = causalAt + bytes[at + 1];
  const stateAt = parentAt + bytes[at + 2];
  const stateLength = bytes[at + 3] | (bytes[at + 4] << 8);
  const causalId = readId(bytes, causalAt, bytes[at + 1], true);
  if (bytes[at + 2] === 0) return { causalId };
  const traceparent = readId(bytes, parentAt, bytes[at + 2], true);
  return stateLength === 0
    ? { traceparent, causalId }
    : { traceparent, tracestate: readId(bytes, stateAt, stateLength, true), causalId };
}

/**
 * What the messages take along that come of one with this meta: its trace, in which they are a new span, its time, and
 * whether it comes of an event.
 */
export function metaOfSends(meta: MessageMeta, random: Random): MessageMeta | undefined {
  const sends = traceOfSends(meta, random);
  return meta.ofEvent === true ? { ...sends, ofEvent: true } : sends;
}

function traceOfSends({ trace, since }: MessageMeta, random: Random): MessageMeta | undefined {
  if (trace === undefined) return since === undefined ? undefined : { since };
  const child = childOf(trace, random);
  return since === undefined ? { trace: child } : { trace: child, since };
}

/** The same for a message whose target is known now, or tells its name in another way. */
export function withoutTarget(meta: MessageMeta | undefined): MessageMeta | undefined {
  return without('to', meta);
}

/** The same for a message that is sent later: whoever tries again after a while does not go round in a circle. */
export function withoutEvent(meta: MessageMeta | undefined): MessageMeta | undefined {
  return without('ofEvent', meta);
}

function without(field: keyof MessageMeta, meta: MessageMeta | undefined): MessageMeta | undefined {
  if (meta?.[field] === undefined) return meta;
  const rest = Object.entries(meta).filter(([name]) => name !== field);
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
