/**
 * A file that is written from its beginning to its end and may be longer than what was written: behind that lie zeros, or
 * what was there when it was another file. A sync of bytes that only overwrite others need not wait for the file system to
 * note new blocks and a new length. Its user knows where it ends, and deals with what fails.
 */
import type { OpenFile } from '../base/file-system.ts';

/** So commits of a few hundred bytes only overwrite. More at a time would take long to write. */
export const PADDING_BYTES: number = 1 << 16;

export class PaddedFile {
  readonly #file: OpenFile;
  #byteLength: number;

  constructor(file: OpenFile) {
    this.#file = file;
    this.#byteLength = file.byteLength();
  }

  /** With what lies behind its end. */
  get byteLength(): number {
    return this.#byteLength;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#file.writeAt(offset, bytes);
    this.#byteLength = Math.max(this.#byteLength, offset + bytes.length);
  }

  /** If nothing lies behind that end, makes it longer, up to a multiple of `stepBytes`; not at all if that is 0. */
  pad(end: number, stepBytes: number): void {
    if (stepBytes === 0 || this.#byteLength > end) return;
    const missing = stepBytes - (end % stepBytes);
    if (missing < stepBytes) this.write(end, new Uint8Array(missing));
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }
}
