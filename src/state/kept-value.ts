/**
 * What a cell, or the row of an entry or element, holds of a state that has a version, a schema or an expiration: its value with the version that it is of
 * and the time at which it expires. Cells of all other states hold their bare values, and know nothing of this.
 *
 * It belongs to one cell and is never changed but by `CellGuard.open`, which brings it up to date without changing what
 * it means: so a copy of the cells, or a cut, may hold the same one.
 */

/** The deadline of a value that does not expire. */
export const NEVER: number = Number.POSITIVE_INFINITY;

export class KeptValue {
  value: unknown;
  version: number;
  /** Wall-clock milliseconds since 1970. From then on it is as if the value had been cleared. */
  readonly deadline: number;
  /** Whether this code may read it as it is; not when it has come from disk. */
  isOpen: boolean;

  constructor(value: unknown, version: number, deadline: number, isOpen: boolean) {
    this.value = value;
    this.version = version;
    this.deadline = deadline;
    this.isOpen = isOpen;
  }
}

/** The bare value of a cell, whatever its version and its deadline. */
export function bareValue(cell: unknown): unknown {
  return cell instanceof KeptValue ? cell.value : cell;
}

/** A value of the first version that does not expire is stored as it is. */
export function keptOf(stored: unknown): KeptValue {
  return stored instanceof KeptValue ? stored : new KeptValue(stored, 1, NEVER, false);
}
