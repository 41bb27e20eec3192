/**
 * Manifest entries to bytes and back. Pure. Reading tells apart the three ways in which a copy can be missing: the other
 * copy is there, which is harmless; nothing comes after it, which is what a crash leaves; or something does, and then an
 * entry that was committed is lost.
 */
import { crc32 } from 'node:zlib';
import {
  COPY_CHECKSUM,
  COPY_ENTRY_OFFSET,
  COPY_EPOCH,
  COPY_HEADER_BYTES,
  COPY_LENGTH,
  COPY_MAGIC,
  COPY_MANIFEST,
  COPY_VERSION,
  COPY_WHICH,
  ENTRY_MAGIC,
  MANIFEST_FORMAT_VERSION,
  MANIFEST_WIDE_BYTES,
} from './manifest-layout.ts';
import { damaged, tooNew } from './storage-failure.ts';

export interface ManifestEntry {
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

/** The entries of a manifest, oldest first. */
export interface ManifestContent {
  readonly entries: ManifestEntry[];
  /** Where the last one ends. The file may end before that, when its second copy is torn, or after it. */
  readonly end: number;
}

/** A copy, and where it claims that its entry begins. */
interface Copy {
  readonly epoch: number;
  readonly entryOffset: number;
  readonly byteLength: number;
  readonly payload: Uint8Array;
}

/** Both copies of an entry that begins at an offset of a manifest. */
export function encodeEntry({ epoch, bytes }: ManifestEntry, manifest: number, offset: number): Uint8Array {
  const byteLength = COPY_HEADER_BYTES + bytes.length;
  const both = Buffer.alloc(2 * byteLength);
  for (const which of [0, 1]) {
    const copy = both.subarray(which * byteLength, (which + 1) * byteLength);
    copy.set(ENTRY_MAGIC, COPY_MAGIC);
    copy.writeUInt16LE(MANIFEST_FORMAT_VERSION, COPY_VERSION);
    copy.writeUInt16LE(which, COPY_WHICH);
    copy.writeUInt32LE(bytes.length, COPY_LENGTH);
    copy.writeUIntLE(offset, COPY_ENTRY_OFFSET, MANIFEST_WIDE_BYTES);
    copy.writeUIntLE(epoch, COPY_EPOCH, MANIFEST_WIDE_BYTES);
    copy.writeUInt32LE(manifest, COPY_MANIFEST);
    copy.set(bytes, COPY_HEADER_BYTES);
    copy.writeUInt32LE(crc32(copy.subarray(COPY_MAGIC)), COPY_CHECKSUM);
  }
  return both;
}

/** Reads a whole manifest. Throws DATA_DAMAGED if an entry is lost and DATA_TOO_NEW if one is of a later format. */
export function decodeEntries(bytes: Buffer, file: string, manifest: number): ManifestContent {
  const entries: ManifestEntry[] = [];
  let end = 0;
  while (end < bytes.length) {
    const copy = copyAt(bytes, end, file, manifest) ?? copyAfter(bytes, end, file, manifest);
    if (copy === undefined) break;
    if (copy.entryOffset !== end) throw damaged(file, end, 'both copies of an entry are not what was written');
    const previous = entries.at(-1);
    if (previous !== undefined && copy.epoch <= previous.epoch) {
      throw damaged(file, end, `epoch ${copy.epoch} comes after epoch ${previous.epoch}`);
    }
    entries.push({ epoch: copy.epoch, bytes: copy.payload });
    end += 2 * copy.byteLength;
  }
  // Its first entry was durable before the file had its name, so this is no trace of a crash.
  if (entries.length === 0) throw damaged(file, 0, 'both copies of the first entry are not what was written');
  return { entries, end };
}

/** The copy at an offset, if there is one, and it belongs there. */
function copyAt(bytes: Buffer, offset: number, file: string, manifest: number): Copy | undefined {
  if (offset + COPY_HEADER_BYTES > bytes.length) return;
  const byteLength = COPY_HEADER_BYTES + bytes.readUInt32LE(offset + COPY_LENGTH);
  const copy = bytes.subarray(offset, offset + byteLength);
  if (copy.length < byteLength) return;
  const entryOffset = copy.readUIntLE(COPY_ENTRY_OFFSET, MANIFEST_WIDE_BYTES);
  if (entryOffset + copy.readUInt16LE(COPY_WHICH) * byteLength !== offset) return;
  if (copy.readUInt32LE(COPY_MANIFEST) !== manifest) return;
  if (crc32(copy.subarray(COPY_MAGIC)) !== copy.readUInt32LE(COPY_CHECKSUM)) return;
  const version = copy.readUInt16LE(COPY_VERSION);
  if (version > MANIFEST_FORMAT_VERSION) throw tooNew(file, version, MANIFEST_FORMAT_VERSION);
  const epoch = copy.readUIntLE(COPY_EPOCH, MANIFEST_WIDE_BYTES);
  return { epoch, entryOffset, byteLength, payload: copy.subarray(COPY_HEADER_BYTES) };
}

/** The first copy that stands anywhere behind an offset. */
function copyAfter(bytes: Buffer, offset: number, file: string, manifest: number): Copy | undefined {
  const magic = Buffer.from(ENTRY_MAGIC);
  for (let at = bytes.indexOf(magic, offset + 1); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    const copy = at - COPY_MAGIC > offset ? copyAt(bytes, at - COPY_MAGIC, file, manifest) : undefined;
    if (copy !== undefined) return copy;
  }
  return;
}
