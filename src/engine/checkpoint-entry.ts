/**
 * What the manifest says of a checkpoint: everything that is not in a shard's own delta. An entry is complete, but for
 * the idempotency keys, of which it names those that are new (and, when it is the first of its manifest file, all).
 */
import type { EgressPosition } from '../io/egress-journal.ts';
import type { IngressPosition } from '../io/ingress-pump.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { copyMessage, PLAIN, RICH, tally } from '../wire/structured-data.ts';

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

const codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);

/** The first byte says which form of MessagePack follows. */
export function encodeEntry(entry: CheckpointEntry): Uint8Array {
  tally.form = PLAIN;
  tally.strict = false;
  codec.encode(copyMessage(entry), tally.form);
  const bytes = new Uint8Array(1 + codec.byteLength);
  bytes[0] = codec.rich ? RICH : PLAIN;
  bytes.set(codec.bytes.subarray(0, codec.byteLength), 1);
  return bytes;
}

export function decodeEntry(bytes: Uint8Array): CheckpointEntry {
  return codec.decode(bytes, 1, bytes.length, bytes[0] === RICH) as CheckpointEntry;
}
