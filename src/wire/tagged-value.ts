/**
 * Structured data on its own, as what goes to disk and is read by other engines: one byte that says which form of
 * MessagePack follows, and then that. No tables, no numbers of shapes.
 */
import { PayloadCodec } from './payload-codec.ts';
import { formOf, PLAIN, RICH } from './structured-data.ts';

const codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);

/** The value must be known to be structured data. */
export function encodeTagged(value: unknown): Uint8Array {
  codec.encode(value, formOf(value));
  const bytes = new Uint8Array(1 + codec.byteLength);
  bytes[0] = codec.rich ? RICH : PLAIN;
  bytes.set(codec.bytes.subarray(0, codec.byteLength), 1);
  return bytes;
}

export function decodeTagged(bytes: Uint8Array): unknown {
  return codec.decode(bytes, 1, bytes.length, bytes[0] === RICH);
}
