/**
 * What one invocation does to the rows of its address: its tables and lists, and what it erases. Made when an invocation
 * first needs it, since most never do; a Context that serves one invocation after another keeps it.
 */
import { rowPrefix } from '../../state/row.ts';
import type { StateSlot } from '../../state/state-view.ts';
import { ListHandle } from './list-handle.ts';
import { RowWrites } from '../rows/row-writes.ts';
import type { Rows } from '../rows/rows.ts';
import type { StateHandle, StateHolder, StateOwner } from './state-handle.ts';
import { TableHandle } from './table-handle.ts';

export class InvocationRows {
  readonly writes: RowWrites;
  /** By slot; a function has few. */
  #handles: { readonly slot: StateSlot; readonly handle: StateHandle }[] = [];

  constructor(rows: Rows) {
    this.writes = new RowWrites(rows);
  }

  /** The table or list of this invocation; the same one each time. */
  handle(holder: StateHolder, owner: StateOwner, slot: StateSlot): StateHandle {
    for (const known of this.#handles) if (known.slot === slot) return known.handle;
    const handle = slot.kind === 'table' ? new TableHandle(holder, owner, slot) : new ListHandle(holder, owner, slot);
    this.#handles.push({ slot, handle });
    return handle;
  }

  /** Removes all rows that the address keeps in these sections. */
  erase({ type, hash, id }: StateOwner, sections: readonly number[]): void {
    for (const section of sections) this.writes.erase(rowPrefix(section, type, hash, id));
  }

  /** The invocation has ended. */
  expire(): void {
    if (this.#handles.length === 0) return;
    for (const { handle } of this.#handles) handle.expire();
    this.#handles = [];
  }
}
