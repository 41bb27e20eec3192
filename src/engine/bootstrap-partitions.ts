/**
 * Records of state on their way into the order of their keys: collected per key group, moved to one temporary file in
 * chunks, and read back group by group. So memory is bounded by the chunks being filled, and then by one key group, which
 * is a thousandth of it all.
 *
 * ```
 *   chunk of group 7 │ chunk of group 931 │ chunk of group 7 │ …        which lie where is kept in memory
 *   in a chunk:   │ key, bytes (16) │ value, bytes (32) │ key … │ value … │ key, bytes …
 * ```
 *
 * Nothing of the file outlives the one bootstrap that made it.
 */
import type { FileSystem, OpenFile } from '../base/file-system.ts';
import { callStorage } from '../store/storage-failure.ts';

/** With all key groups this is 32 MiB, and it makes the file's reads and writes few enough. */
const CHUNK_BYTES = 1 << 15;

interface Partition {
  chunk: Buffer | undefined;
  length: number;
  byteLength: number;
  readonly extents: { readonly offset: number; readonly byteLength: number }[];
}

export class Partitions {
  readonly #path: string;
  readonly #fileSystem: FileSystem;
  readonly #file: OpenFile;
  readonly #partitions: readonly Partition[];
  #fileBytes = 0;

  constructor(fileSystem: FileSystem, path: string, count: number) {
    this.#path = path;
    this.#fileSystem = fileSystem;
    this.#file = callStorage(path, () => fileSystem.open(path, 'create'));
    this.#partitions = Array.from({ length: count }, () => ({
      chunk: undefined,
      length: 0,
      byteLength: 0,
      extents: [],
    }));
  }

  /** Adds a record, which lies at the beginning of `bytes`. */
  add(partitionIndex: number, bytes: Buffer, byteLength: number): void {
    const partition = this.#partitions[partitionIndex];
    partition.byteLength += byteLength;
    if (byteLength > CHUNK_BYTES) {
      this.#flush(partition);
      this.#write(partition, bytes, byteLength);
      return;
    }
    if (partition.length + byteLength > CHUNK_BYTES) this.#flush(partition);
    partition.chunk ??= Buffer.allocUnsafeSlow(CHUNK_BYTES);
    bytes.copy(partition.chunk, partition.length, 0, byteLength);
    partition.length += byteLength;
  }

  #flush(partition: Partition): void {
    const { chunk, length } = partition;
    if (chunk === undefined || length === 0) return;
    this.#write(partition, chunk, length);
    partition.length = 0;
  }

  #write({ extents }: Partition, bytes: Buffer, byteLength: number): void {
    // No Buffer, whose `slice` does not copy: this memory is used again, and a file system may want to keep the bytes.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, byteLength);
    callStorage(this.#path, () => this.#file.append(plain));
    extents.push({ offset: this.#fileBytes, byteLength });
    this.#fileBytes += byteLength;
  }

  /** All records of a partition, in the order in which they came; its memory is given back. */
  take(partitionIndex: number): Buffer {
    const partition = this.#partitions[partitionIndex];
    const all = Buffer.allocUnsafeSlow(partition.byteLength);
    let at = 0;
    for (const { offset, byteLength } of partition.extents) {
      all.set(
        callStorage(this.#path, () => this.#file.readAt(offset, byteLength)),
        at,
      );
      at += byteLength;
    }
    partition.chunk?.copy(all, at, 0, partition.length);
    partition.chunk = undefined;
    partition.length = 0;
    return all;
  }

  /** Removes the file. */
  close(): void {
    this.#file.close();
    callStorage(this.#path, () => this.#fileSystem.remove(this.#path));
  }
}
