/**
 * What the manifest says of a checkpoint: everything that is not in a shard's own delta. An entry is complete, but for
 * the idempotency keys, of which it names those that are new (and, when it is the first of its manifest file, all).
 */
import type { EgressPosition } from '../io/egress-journal.ts';
import type { IngressPosition } from '../io/ingress-pump.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import { copyMessage, tally } from '../wire/structured-data.ts';
import { decodeTagged, encodeTagged } from '../wire/tagged-value.ts';

export interface CheckpointEntry {
  readonly epoch: number;
  /** Which set of shard directories holds the state; changing the number of shards writes a new one. */
  readonly generation: number;
  readonly shards: readonly DeltaLocation[];
  /** By type name. */
  readonly ingresses: Readonly<Record<string, IngressPosition>>;
  readonly egresses: Readonly<Record<string, EgressPosition>>;
  readonly keys: readonly string[];
}

/** A source's or a sink's position comes from user code: what is no structured data is refused here. */
export function encodeEntry(entry: CheckpointEntry): Uint8Array {
  tally.strict = false;
  return encodeTagged(copyMessage(entry));
}

export function decodeEntry(bytes: Uint8Array): CheckpointEntry {
  return decodeTagged(bytes) as CheckpointEntry;
}
