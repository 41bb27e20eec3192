/**
 * All the ways in which one byte of a file can be wrong, or its end be missing; and what a reader may answer.
 */
import { MillraceError } from '../../../src/sdk/errors.ts';

export interface Damage {
  readonly what: string;
  /** The first byte that is not what it was. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export function flipped(bytes: Uint8Array, offset: number, mask: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[offset] ^= mask;
  return copy;
}

export function* flips(bytes: Uint8Array): Generator<Damage> {
  for (let offset = 0; offset < bytes.length; offset++) {
    for (const mask of [0x01, 0xff]) {
      yield { what: `byte ${offset} ^ ${mask}`, offset, bytes: flipped(bytes, offset, mask) };
    }
  }
}

export function* truncations(bytes: Uint8Array): Generator<Damage> {
  for (let offset = 0; offset < bytes.length; offset++) {
    yield { what: `cut off at ${offset}`, offset, bytes: Uint8Array.from(bytes.subarray(0, offset)) };
  }
}

/** What a reader gives, or where it says that the damage is. Any other error is thrown on. */
export function outcome<Result>(read: () => Result): Result | { damagedFile: unknown; offset: unknown } {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'DATA_DAMAGED') throw error;
    return { damagedFile: error.details['file'], offset: error.details['offset'] };
  }
}
