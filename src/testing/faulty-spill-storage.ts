/**
 * Spill storage in memory that can be told to have no room. It belongs to one simulated thread.
 */
import { MemorySpillStorage } from '../base/spill.ts';
import { systemError } from './system-error.ts';

export class FaultySpillStorage extends MemorySpillStorage {
  /** Says whether this block cannot be written. */
  readonly #fault: () => boolean;

  constructor(fault: () => boolean) {
    super();
    this.#fault = fault;
  }

  override write(bytes: Uint8Array): number {
    if (this.#fault()) throw systemError('ENOSPC', 'spill', 'a block');
    return super.write(bytes);
  }
}
