/**
 * Gives the thread back between two slices of work (I10). The sizes of slices are counts and bytes, not times, so that
 * they are the same in every run; they are chosen to take well below a millisecond.
 */
import { setImmediate } from 'node:timers/promises';

/** Entries that are added, looked up or merged in one slice. */
export const SLICE_ENTRIES = 512;
/** Bytes that are copied in one slice; one entry may be longer. */
export const SLICE_BYTES: number = 1 << 16;

export function nextTurn(): Promise<void> {
  return setImmediate();
}
