/** Bytes that can be added to without being copied each time. One simulated file owns them; nobody else sees the inside. */

const CAPACITY_BYTES_MIN = 64;

export class GrowingBytes {
  #room: Uint8Array;
  #length: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#room = bytes.slice();
    this.#length = bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of what is there of the range. */
  read(offset: number, length: number): Uint8Array {
    return this.#room.slice(Math.min(offset, this.#length), Math.min(offset + length, this.#length));
  }

  /** Overwrites and adds; a gap before `offset` becomes zeros, as in a sparse file. */
  write(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.#length) this.resize(offset + bytes.length);
    this.#room.set(bytes, offset);
  }

  /** Cuts off, or adds zeros. */
  resize(length: number): void {
    if (length > this.#room.length) {
      const room = new Uint8Array(Math.max(CAPACITY_BYTES_MIN, length, this.#room.length * 2));
      room.set(this.#room.subarray(0, this.#length));
      this.#room = room;
    }
    // What was cut off must not come back when it grows again.
    if (length < this.#length) this.#room.fill(0, length, this.#length);
    this.#length = length;
  }

  clone(): GrowingBytes {
    return new GrowingBytes(this.#room.subarray(0, this.#length));
  }
}
