/**
 * Spilled overflow in files, one a block, in a folder that one thread owns and that goes when the engine stops. Nothing
 * here is synced: what spilled need not survive a crash. But what it holds goes on to checkpoints, so a block that does not
 * come back as it was written must not pass: the checksum of each is kept in memory.
 */
import { mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { SpillStorage } from '../base/spill.ts';
import { MillraceError } from '../sdk/errors.ts';

export class SpillDirectory implements SpillStorage {
  readonly #path: string;
  #made = false;
  #nextBlock = 0;
  readonly #checksums = new Map<number, number>();

  constructor(path: string) {
    this.#path = path;
  }

  write(bytes: Uint8Array): number {
    try {
      if (!this.#made) mkdirSync(this.#path, { recursive: true, mode: 0o700 });
      this.#made = true;
      writeFileSync(this.#file(this.#nextBlock), bytes, { mode: 0o600 });
      this.#checksums.set(this.#nextBlock, crc32(bytes));
    } catch (cause) {
      throw this.#failure('written', cause);
    }
    return this.#nextBlock++;
  }

  read(block: number, byteLength: number): Uint8Array {
    return this.#read(block, byteLength, false);
  }

  take(block: number, byteLength: number): Uint8Array {
    return this.#read(block, byteLength, true);
  }

  #read(block: number, byteLength: number, isLast: boolean): Uint8Array {
    try {
      const bytes = readFileSync(this.#file(block));
      if (bytes.length !== byteLength) throw new Error(`it has ${bytes.length} bytes instead of ${byteLength}`);
      if (crc32(bytes) !== this.#checksums.get(block)) throw new Error(`block ${block} has another checksum`);
      if (isLast) this.#remove(block);
      return bytes;
    } catch (cause) {
      throw this.#failure('read back', cause);
    }
  }

  #remove(block: number): void {
    unlinkSync(this.#file(block));
    this.#checksums.delete(block);
  }

  clear(): void {
    this.#checksums.clear();
    if (this.#made) rmSync(this.#path, { recursive: true, force: true });
    this.#made = false;
  }

  #file(block: number): string {
    return join(this.#path, `${block}.spill`);
  }

  #failure(what: string, cause: unknown): MillraceError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new MillraceError('SPILL_FAILED', `Overflow in ${this.#path} could not be ${what}: ${reason}`, { cause });
  }
}
