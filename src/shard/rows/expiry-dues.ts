/**
 * When a shard's rows of what expires are due next, by key group: invocations note what they arm, the sweep looks where
 * something is due, and nobody reads rows to find out that nothing is.
 */
import { KEY_GROUP_COUNT, keyGroupOfHash } from '../../keys/key-group.ts';
import { NEVER } from '../../state/kept-value.ts';

export class ExpiryDues {
  readonly #dues = new Float64Array(KEY_GROUP_COUNT).fill(NEVER);
  /** No group is due earlier. */
  #earliest = NEVER;

  note(hash: number, due: number): void {
    this.noteGroup(keyGroupOfHash(hash), due);
  }

  noteGroup(keyGroup: number, due: number): void {
    if (due < this.#dues[keyGroup]) this.#dues[keyGroup] = due;
    if (due < this.#earliest) this.#earliest = due;
  }

  /** A group that is due, which then is not any more, until somebody notes when it is again; -1 if there is none. */
  take(now: number): number {
    if (this.#earliest > now) return -1;
    let earliest = NEVER;
    for (let keyGroup = 0; keyGroup < KEY_GROUP_COUNT; keyGroup++) {
      const due = this.#dues[keyGroup];
      if (due <= now) {
        this.#dues[keyGroup] = NEVER;
        return keyGroup;
      }
      if (due < earliest) earliest = due;
    }
    this.#earliest = earliest;
    return -1;
  }
}
