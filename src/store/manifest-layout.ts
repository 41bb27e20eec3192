/**
 * The bytes that say what is committed: the manifest, an append-only file `manifest-0000000001` of entries, and the
 * witness, a file `committed` that remembers how far the manifest has come. All numbers are little-endian and unsigned.
 *
 * ```
 *  a manifest:
 *   ┌────────┬────────┬────────┬────────┬───
 *   │ copy A │ copy B │ copy A │ copy B │ …
 *   └────────┴────────┴────────┴────────┴───
 *   └─ full entry ────┘└ adds to it ────┘
 *
 *  a copy:
 *    0 CRC-32 of the rest of the copy   4 magic   8 format version   10 which copy: 0 or 1
 *   12 length of the payload   16 offset of the entry in the file   22 epoch   28 number of the manifest   32 payload …
 *
 *  the witness:
 *    0 slot, then nothing   4096 slot
 *  a slot:
 *    0 magic   4 epoch   10 nothing   12 CRC-32 of bytes 0 to 11
 * ```
 *
 * Both copies of an entry are appended at once, and either one is enough. A copy knows where it stands, so that one can
 * be found behind damage, and bytes that only look like one, inside a payload or left from elsewhere, are not taken for
 * it. The first entry of a manifest is there before the file has its name. Behind the last one there may be zeros.
 *
 * Publication: an entry exists once its bytes are durable (I8). A torn one at the end is the trace of a crash. The slots
 * of the witness are overwritten in turn and never synced, each after its entry was: so the witness may be late and may
 * be lost, but never claims an epoch that is not committed. They lie in different pages, since a page is what tears.
 */

export const MANIFEST_FORMAT_VERSION = 1;

export const COPY_CHECKSUM = 0;
export const COPY_MAGIC = 4;
export const COPY_VERSION = 8;
export const COPY_WHICH = 10;
export const COPY_LENGTH = 12;
export const COPY_ENTRY_OFFSET = 16;
export const COPY_EPOCH = 22;
export const COPY_MANIFEST = 28;
export const COPY_HEADER_BYTES = 32;
/** "MR", then two bytes that no text contains. */
export const ENTRY_MAGIC: Uint8Array = new Uint8Array([0x4d, 0x52, 0xfe, 0xed]);

export const SLOT_EPOCH = 4;
export const SLOT_CHECKSUM = 12;
export const SLOT_BYTES = 16;
export const SLOT_OFFSETS: readonly number[] = [0, 4096];
export const WITNESS_BYTES: number = 4096 + SLOT_BYTES;
export const SLOT_MAGIC: Uint8Array = new Uint8Array([0x4d, 0x52, 0xfe, 0xee]);

/** Epochs and offsets take six bytes. */
export const MANIFEST_WIDE_BYTES = 6;
