/**
 * What travels with a message beside its payload: for the engine and for tracing, never for user code to change. Most
 * messages have none, and then it costs nothing: no byte in the envelope, one undefined slot in memory.
 *
 * One object may belong to many messages at a time, so nobody ever changes one; who wants another makes another. Fields
 * that a version does not know travel on as they came, so a newer one may add some.
 */
import type { Address } from '../sdk/address.ts';
import type { CarriedTrace } from '../sdk/trace.ts';
import { decodeTagged, encodeTagged } from './tagged-value.ts';

export interface MessageMeta {
  /** Where it comes from. */
  readonly trace?: CarriedTrace;
  /** Delivered only if its target has state then. */
  readonly ifExists?: true;
  /** How many invocations of this message have failed. */
  readonly attempts?: number;
  /** When the first of them failed, in milliseconds since 1970. */
  readonly firstFailedAt?: number;
  /** The type that it is for, if the module knows none of that name. */
  readonly to?: string;
  /** Who sent it, if the module no longer knows that type. */
  readonly from?: Address;
}

export const IF_EXISTS: MessageMeta = Object.freeze({ ifExists: true });

/** Bytes that the meta of one message may take; those who make one see to it. */
export const META_BYTES_MAX = 8192;

export function encodeMeta(meta: MessageMeta): Uint8Array {
  return encodeTagged(meta);
}

/** Shares nothing with `bytes`. */
export function decodeMeta(bytes: Uint8Array): MessageMeta {
  return decodeTagged(bytes) as MessageMeta;
}

/** The same for a message whose target is known now, or tells its name in another way. */
export function withoutTarget(meta: MessageMeta | undefined): MessageMeta | undefined {
  if (meta?.to === undefined) return meta;
  const rest = Object.entries(meta).filter(([name]) => name !== 'to');
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
