/**
 * Memory to read into, used again for each read: for whoever reads much and keeps little of it. New memory has to be filled
 * for the first time, and to be collected afterwards. Its owner must be done with what was read before he reads on.
 */
const BYTES_MIN = 1 << 16;

export class ReadBuffer {
  /** How often it has been used: whoever remembers that knows whether what he has read is still there. */
  useCount = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  /** So much of it, or more. What was read before is gone then. */
  room(byteLength: number): Uint8Array {
    this.useCount++;
    if (this.#bytes.length < byteLength) this.#bytes = new Uint8Array(Math.max(BYTES_MIN, byteLength * 2));
    return this.#bytes;
  }
}
