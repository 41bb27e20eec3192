/**
 * Structured data on its own, as what goes to disk and is read by other engines: one byte that says which form of
 * MessagePack follows, and then that. No tables, no numbers of shapes.
 */
import { copyBytes } from '../base/copy-bytes.ts';
import { PayloadCodec } from './payload-codec.ts';
import { writeSmall } from './small-writer.ts';
import { formOf, PLAIN, RICH } from './structured-data.ts';

const codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);

/** The value must be known to be structured data. */
export function encodeTagged(value: unknown): Uint8Array {
  return writeSmall(value) ?? encodeLong(value);
}

/** The same by way of msgpackr, which writes all that there is. */
export function encodeLong(value: unknown): Uint8Array {
  codec.encode(value, formOf(value));
  const bytes = new Uint8Array(1 + codec.byteLength);
  bytes[0] = codec.rich ? RICH : PLAIN;
  copyBytes(codec.bytes, 0, codec.byteLength, bytes, 1);
  return bytes;
}

/** Short values are decoded from here: msgpackr makes a view of every array that it has not seen before. */
const scratch: Buffer = Buffer.allocUnsafeSlow(256);

export function decodeTagged(bytes: Uint8Array): unknown {
  const { length } = bytes;
  if (length > scratch.length) return codec.decode(bytes, 1, length, bytes[0] === RICH);
  copyBytes(bytes, 0, length, scratch, 0);
  return codec.decode(scratch, 1, length, bytes[0] === RICH);
}
