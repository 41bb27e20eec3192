/**
 * The witness of what was committed: a lower bound of the committed epoch, kept beside the manifest, so that a manifest
 * that has lost its last entry is not taken for one that never had it. The manifest owns it.
 *
 * It must be raised only after an entry is durable, and it is never synced: so it may lag, tear or get lost, and then
 * there is no witness, but it never claims too much. For the same reason its own failures are nobody's business.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { FileSystem, OpenFile } from '../base/file-system.ts';
import {
  MANIFEST_WIDE_BYTES,
  SLOT_BYTES,
  SLOT_CHECKSUM,
  SLOT_EPOCH,
  SLOT_MAGIC,
  SLOT_OFFSETS,
  WITNESS_BYTES,
} from './manifest-layout.ts';

export class CommitWitness {
  readonly path: string;
  /** The highest epoch that it has seen committed, or 0. */
  epoch = 0;

  readonly #fileSystem: FileSystem;
  #file: OpenFile | undefined;
  /** The slot that may be overwritten: the one that does not hold `epoch`. */
  #freeSlot = 0;
  #hasFailed = false;

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.path = join(directory, 'committed');
    this.#attempt(() => {
      if (!fileSystem.exists(this.path)) return;
      const file = fileSystem.open(this.path, 'read');
      try {
        this.#readSlots(file);
      } finally {
        file.close();
      }
    });
  }

  /** Remembers that an epoch is committed: its entry is durable. */
  raise(epoch: number): void {
    if (epoch <= this.epoch || this.#hasFailed) return;
    this.#attempt(() => {
      this.#file ??= this.#openWhole();
      this.#file.writeAt(SLOT_OFFSETS[this.#freeSlot], encodeSlot(epoch));
      this.epoch = epoch;
      this.#freeSlot = 1 - this.#freeSlot;
    });
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #readSlots(file: OpenFile): void {
    for (const [slot, offset] of SLOT_OFFSETS.entries()) {
      const epoch = decodeSlot(Buffer.from(file.readAt(offset, SLOT_BYTES)));
      if (epoch === undefined || epoch <= this.epoch) continue;
      this.epoch = epoch;
      this.#freeSlot = 1 - slot;
    }
  }

  /** Opens the file and gives it its full length, since only what is there can be overwritten. */
  #openWhole(): OpenFile {
    const file = this.#fileSystem.open(this.path, this.#fileSystem.exists(this.path) ? 'append' : 'create');
    const missing = WITNESS_BYTES - file.byteLength();
    if (missing > 0) file.append(new Uint8Array(missing));
    return file;
  }

  #attempt(calls: () => void): void {
    try {
      calls();
    } catch {
      // The bound stays what it was, which is still true.
      this.#hasFailed = true;
    }
  }
}

function encodeSlot(epoch: number): Uint8Array {
  const bytes = Buffer.alloc(SLOT_BYTES);
  bytes.set(SLOT_MAGIC);
  bytes.writeUIntLE(epoch, SLOT_EPOCH, MANIFEST_WIDE_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SLOT_CHECKSUM)), SLOT_CHECKSUM);
  return bytes;
}

function decodeSlot(bytes: Buffer): number | undefined {
  if (bytes.length < SLOT_BYTES || !bytes.subarray(0, SLOT_EPOCH).equals(SLOT_MAGIC)) return;
  if (crc32(bytes.subarray(0, SLOT_CHECKSUM)) !== bytes.readUInt32LE(SLOT_CHECKSUM)) return;
  return bytes.readUIntLE(SLOT_EPOCH, MANIFEST_WIDE_BYTES);
}
