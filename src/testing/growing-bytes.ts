/**
 * Bytes that can be added to without being copied each time. One simulated file owns them; nobody else sees the inside,
 * but for clones, which share it until one of the two is changed: most clones of a disk are only read.
 */

const CAPACITY_BYTES_MIN = 64;
const NONE = new Uint8Array(0);

export class GrowingBytes {
  #room: Uint8Array;
  #length: number;
  /** Whether a clone may read the same room. */
  #isShared = false;

  constructor(bytes: Uint8Array = NONE) {
    this.#room = bytes.length === 0 ? NONE : bytes.slice();
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
    this.#own();
    this.#room.set(bytes, offset);
  }

  /** Cuts off, or adds zeros. */
  resize(length: number): void {
    if (length > this.#room.length) {
      const room = new Uint8Array(Math.max(CAPACITY_BYTES_MIN, length, this.#room.length * 2));
      room.set(this.#room.subarray(0, this.#length));
      this.#room = room;
      this.#isShared = false;
    }
    this.#own();
    // What was cut off must not come back when it grows again.
    if (length < this.#length) this.#room.fill(0, length, this.#length);
    this.#length = length;
  }

  clone(): GrowingBytes {
    const copy = new GrowingBytes();
    copy.#room = this.#room;
    copy.#length = this.#length;
    copy.#isShared = true;
    this.#isShared = true;
    return copy;
  }

  /** Before it is changed. */
  #own(): void {
    if (!this.#isShared) return;
    this.#room = this.#room.slice();
    this.#isShared = false;
  }
}
