/**
 * A table of the entity that is being invoked. Each entry is a row whose key ends with the entry's key in UTF-8, so rows
 * lie in the order of code points. A cell of the entity is marked when the table is first written, so that an entity with
 * nothing but tables counts as one that holds state.
 */
import { hashId } from '../../keys/id-hash.ts';
import { checkTableKey, checkTableRange, type Table, type TableRange } from '../../sdk/table.ts';
import type { CellGuard } from '../../state/cell-guard.ts';
import { KeptValue, keptOf, NEVER } from '../../state/kept-value.ts';
import { afterPrefix, readUtf8, utf8 } from '../../state/row.ts';
import type { StateSlot } from '../../state/state-view.ts';
import { SECTION_TABLE } from '../../store/key-layout.ts';
import { dueOf, entryDue, entryExpiryKey } from '../rows/expiry-rows.ts';
import type { FoundRow } from '../rows/rows.ts';
import { StateHandle, type StateHolder, type StateOwner } from './state-handle.ts';

type Found = AsyncGenerator<FoundRow, void, undefined>;

export class TableHandle extends StateHandle implements Table<unknown, unknown> {
  readonly #initial: unknown;
  readonly #cell: number;

  constructor(holder: StateHolder, owner: StateOwner, slot: StateSlot) {
    super(holder, owner, SECTION_TABLE, slot);
    this.#initial = slot.initial;
    this.#cell = slot.cell;
  }

  get(key: string): never {
    const rowKey = this.#keyOf(key);
    const stored = this.holder.rows.get(rowKey);
    if (this.isGone(stored)) return this.#initial as never;
    if (this.rules?.expires !== true) return this.open(stored, key);
    return this.#use(key, rowKey, keptOf(stored), this.rules);
  }

  /** Reading may keep it alive. */
  #use(key: string, rowKey: string, kept: KeptValue, rules: CellGuard): never {
    const { holder } = this;
    const value = this.openKept(kept, key);
    const now = holder.time();
    if (!rules.wantsRenewal(kept, now)) return value;
    const renewed = rules.renewed(kept, now);
    holder.rows.set(rowKey, renewed);
    this.#mark(rowKey, renewed);
    return value;
  }

  has(key: string): boolean {
    return !this.isGone(this.holder.rows.get(this.#keyOf(key)));
  }

  set(key: string, value: unknown): void {
    const { holder } = this;
    const rowKey = this.#keyOf(key);
    const stored = value === undefined ? undefined : this.accept(value, key);
    if (stored !== undefined && this.rules?.isVersioned === true) this.refuseNewer(holder.rows.get(rowKey), key);
    holder.rows.set(rowKey, stored);
    if (stored !== undefined) this.#mark(rowKey, stored);
  }

  /** Says that the table has entries; of one that expires, when that is to be looked at, and that the mark goes after it. */
  #mark(rowKey: string, stored: unknown): void {
    const { holder, rules } = this;
    const mark = holder.getCell(this.#cell);
    const markedUntil = mark instanceof KeptValue ? mark.deadline : NEVER;
    const deadline = stored instanceof KeptValue ? stored.deadline : NEVER;
    if (deadline === NEVER || rules === undefined) {
      if (mark === undefined || markedUntil < NEVER) holder.writeCell(this.#cell, true);
      return;
    }
    const { slackMs } = rules;
    const due = entryDue(deadline, slackMs, hashId(rowKey));
    holder.armRow(entryExpiryKey(due, rowKey, this.addressEnd), due);
    if (mark !== undefined && markedUntil >= deadline) return;
    const until = deadline + slackMs;
    holder.keepCell(this.#cell, new KeptValue(true, 1, until, true), dueOf(until));
  }

  delete(key: string): void {
    this.holder.rows.set(this.#keyOf(key), undefined);
  }

  clear(): void {
    const { holder } = this;
    holder.rows.erase(this.prefix);
    if (holder.getCell(this.#cell) !== undefined) holder.writeCell(this.#cell, undefined);
  }

  entries(range: TableRange = {}): AsyncGenerator<[key: string, value: never], void, undefined> {
    return this.#read(range, (key, value) => [key, this.open(value, key)]);
  }

  keys(range: TableRange = {}): AsyncGenerator<string, void, undefined> {
    return this.#read(range, (key) => key);
  }

  values(range: TableRange = {}): AsyncGenerator<never, void, undefined> {
    return this.#read(range, (key, value) => this.open(value, key));
  }

  #keyOf(key: string): string {
    return this.prefix + utf8(checkTableKey(key));
  }

  /** What is to be read, and what of it this invocation has changed, is settled here; reading begins with the first step. */
  #read<Shown>(
    range: TableRange,
    show: (key: string, value: unknown) => Shown,
  ): AsyncGenerator<Shown, void, undefined> {
    const { rows } = this.holder;
    checkTableRange(range);
    const { from, before } = this.#bounds(range);
    return this.#take(rows.scan(from, before), range.limit ?? Number.POSITIVE_INFINITY, show);
  }

  async *#take<Shown>(
    found: Found,
    limit: number,
    show: (key: string, value: unknown) => Shown,
  ): AsyncGenerator<Shown, void, undefined> {
    let count = 0;
    if (limit < 1) return;
    for await (const { key, value } of found) {
      // Also throws if the invocation has ended meanwhile.
      if (this.isGone(value)) continue;
      yield show(readUtf8(key.slice(this.prefix.length)), value);
      if (++count >= limit) return;
    }
  }

  #bounds({ from = '', before, prefix = '' }: TableRange): { from: string; before: string } {
    const least = this.prefix + utf8(prefix);
    const first = this.prefix + utf8(from);
    const end = before === undefined ? undefined : this.prefix + utf8(before);
    const last = afterPrefix(least);
    return { from: first > least ? first : least, before: end === undefined || end > last ? last : end };
  }
}
