/**
 * The bytes of one ring: a single-producer single-consumer byte queue in shared memory.
 *
 * ```
 *  byte 0        128       256                                        256 + capacity
 *   ┌─────────────┬─────────┬──────────────────────────────────────────┐
 *   │ head …      │ tail …  │ frames, each 4-byte aligned              │
 *   └─────────────┴─────────┴──────────────────────────────────────────┘
 *   head, tail: how many bytes were ever read / written, modulo 2^32. Two cache lines apart (and then some, because
 *   processors fetch lines in pairs), since different threads write them.
 *
 *  a frame:   31 30 29 28 27                                            0
 *            ┌──┬──┬──┬──┬───────────────────────────────────────────────┐
 *            │0 │P │L │F │ length of the body in bytes, without padding  │
 *            ├──┴──┴──┴──┴───────────────────────────────────────────────┤
 *            │ body …, then up to 3 bytes of nothing                     │
 *            └───────────────────────────────────────────────────────────┘
 *   P  padding: the body is to be skipped; the next frame starts at the beginning of the ring
 *   F  first, L last fragment of a record; both, for a record that fits into one frame
 * ```
 *
 * Publication: the producer writes frames with plain stores and then stores `tail` atomically; whoever observes that
 * tail sees all bytes below it. The consumer reads frames and then stores `head` atomically, which gives the bytes back.
 * Nothing between head and tail is ever written by anyone, nothing outside is ever read.
 */

export const HEAD_WORD = 0;
export const TAIL_WORD = 32;
export const DATA_OFFSET_BYTES = 256;

export const FRAME_HEADER_BYTES = 4;
export const FRAME_LENGTH_MASK: number = (1 << 28) - 1;
export const FRAME_FIRST: number = 1 << 28;
export const FRAME_LAST: number = 1 << 29;
export const FRAME_WHOLE: number = FRAME_FIRST | FRAME_LAST;
export const FRAME_PADDING: number = 1 << 30;

/** Positions are compared by their 32-bit difference, so a ring must stay well below 2^31 bytes. */
export const RING_CAPACITY_BYTES_MAX: number = 1 << 28;
export const RING_CAPACITY_BYTES_MIN = 16;
