/**
 * Runs stored values and messages through the code of a module, as its functions would meet them, and counts what fails.
 * It changes nothing: what is brought up to date here is thrown away. Entries come in the order of their keys.
 */
import { type Clock, systemClock } from '../base/clock.ts';
import type { Module } from '../sdk/module.ts';
import { Directory, type FunctionBinding } from '../shard/function-binding.ts';
import type { PortableMessage } from '../shard/durable/portable-message.ts';
import { elementDeadline, listBounds, type ListBounds, listDeadline } from '../shard/rows/list-rows.ts';
import { allGuards, type CellGuard, entryGuard } from '../state/cell-guard.ts';
import { Cells } from '../state/entity.ts';
import { KeptValue, keptOf, NEVER } from '../state/kept-value.ts';
import { isEntityKey, readKey, readRowValue, readValue } from '../state/record-reader.ts';
import { type RecordNames, recordNames } from '../state/record-writer.ts';
import { addressBytes, counted, readAddressBytes, readUnsigned, readUtf8, utf8 } from '../state/row.ts';
import type { StateSlot } from '../state/state-view.ts';
import { KEY_GROUP_BYTES, keyGroupOfKey, SECTION_LIST, SECTION_TABLE } from '../store/key-layout.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { inspect } from '../wire/structured-data.ts';
import { MigrationMessages } from './migration-messages.ts';
import { MigrationFailures, type MigrationReport, type StateCheck, type Tally } from './migration-report.ts';

/** Where the address begins in the key of a row. */
const SECTION_END = KEY_GROUP_BYTES + 1;

interface StateTally extends Tally {
  readonly versions: Record<number, number>;
}

interface CheckedFunction {
  readonly binding: FunctionBinding;
  readonly names: RecordNames;
  readonly guards: readonly (CellGuard | undefined)[];
  readonly tallies: readonly StateTally[];
}

/** A list of an entity that has been read, until its elements come. */
interface FoundList {
  readonly bounds: ListBounds;
  readonly deadline: number;
  /** The index of the first element that has not expired; -1 while none has come. */
  firstLeft: number;
}

/** What a row belongs to, and what of it the row's key says. */
interface FoundRow {
  readonly checked: CheckedFunction;
  readonly slot: StateSlot;
  readonly type: string;
  readonly id: string;
  /** What its key begins with, behind the section. */
  readonly prefix: string;
  readonly rest: string;
}

export class MigrationCheck {
  readonly #directory: Directory;
  readonly #functions = new Map<string, CheckedFunction | undefined>();
  readonly #codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);
  readonly #failures: MigrationFailures;
  readonly #messages: MigrationMessages;
  readonly #now: number;
  #keyGroup = -1;
  /** Those of the key group, by what the keys of their elements begin with behind the section. */
  readonly #lists = new Map<string, FoundList>();
  #unknownCount = 0;

  constructor(module: Module, failuresMax: number, clock: Clock = systemClock) {
    this.#directory = new Directory(module);
    this.#failures = new MigrationFailures(failuresMax);
    this.#messages = new MigrationMessages(this.#directory, this.#failures);
    this.#now = clock.now();
  }

  /** An entry of a store, or of a savepoint. */
  entry(key: Buffer, value: Buffer): void {
    this.#turnTo(keyGroupOfKey(key));
    if (isEntityKey(key, 0)) {
      this.#entity(key, value);
      return;
    }
    const section = key[KEY_GROUP_BYTES];
    const rowKey = key.toString('latin1');
    if (section === SECTION_TABLE) this.#tableEntry(rowKey, value);
    else if (section === SECTION_LIST) this.#listElement(rowKey, value);
    else this.#messages.row(section, rowKey, value);
  }

  message(message: PortableMessage): void {
    this.#messages.inFlight(message);
  }

  #turnTo(keyGroup: number): void {
    if (keyGroup === this.#keyGroup) return;
    this.#keyGroup = keyGroup;
    this.#lists.clear();
    this.#messages.endGroup();
  }

  #entity(key: Buffer, value: Buffer): void {
    const { type, id } = readKey(key, 0, key.length);
    const checked = this.#function(type);
    if (checked === undefined) {
      this.#unknownCount++;
      return;
    }
    const cells = new Cells();
    readValue(this.#codec, value, 0, checked.names, cells);
    checked.guards.forEach((guard, cell) => {
      const kept = cells.readCell(cell);
      if (guard === undefined || !(kept instanceof KeptValue) || this.#isGone(guard, kept)) return;
      this.#value(checked, guard, cell, kept, id);
    });
    for (const { kind, name, cell } of checked.binding.shape.slots) {
      if (kind === 'list') this.#noteList(addressBytes(type, id) + counted(utf8(name)), cells.readCell(cell));
    }
  }

  #noteList(prefix: string, cell: unknown): void {
    if (cell === undefined) return;
    this.#lists.set(prefix, { bounds: listBounds(cell), deadline: listDeadline(cell), firstLeft: -1 });
  }

  #isGone(guard: CellGuard, kept: KeptValue): boolean {
    return kept.deadline <= this.#now && guard.left(kept, this.#now) === undefined;
  }

  #tableEntry(key: string, bytes: Buffer): void {
    const found = this.#find(key, 'table');
    if (found === undefined) return;
    const { checked, slot, type, id, rest } = found;
    const guard = entryGuard(type, slot.name, slot.rules);
    const kept = keptOf(readRowValue(this.#codec, bytes));
    if (!this.#isGone(guard, kept)) this.#value(checked, guard, slot.cell, kept, id, readUtf8(rest));
  }

  /** An element; rows that the list's own bounds do not mean, or that have expired, are never seen. */
  #listElement(key: string, bytes: Buffer): void {
    const found = this.#find(key, 'list');
    const list = found && this.#lists.get(found.prefix);
    if (found === undefined || list === undefined) return;
    const { checked, slot, type, id, rest } = found;
    const { bounds, deadline } = list;
    const index = readUnsigned(rest, 0, rest.length);
    const kept = keptOf(readRowValue(this.#codec, bytes));
    const guard = entryGuard(type, slot.name, slot.rules);
    if (index < bounds.left || index >= bounds.end || deadline <= this.#now) return;
    if (elementDeadline(kept, bounds, guard.expires) <= this.#now) return;
    if (list.firstLeft === -1) list.firstLeft = index;
    // Reading a list may have kept an element alive, which does not say so itself.
    const shown = new KeptValue(kept.value, kept.version, NEVER, false);
    this.#value(checked, guard, slot.cell, shown, id, index - list.firstLeft);
  }

  /** Undefined for what the module does not have. */
  #find(key: string, kind: StateSlot['kind']): FoundRow | undefined {
    const { type, id, end } = readAddressBytes(key, SECTION_END);
    const nameEnd = end + 2 + readUnsigned(key, end, 2);
    const name = readUtf8(key.slice(end + 2, nameEnd));
    const checked = this.#function(type);
    const slot = checked?.binding.shape.slots.find((declared) => declared.name === name && declared.kind === kind);
    if (checked === undefined || slot === undefined) return undefined;
    return { checked, slot, type, id, prefix: key.slice(SECTION_END, nameEnd), rest: key.slice(nameEnd) };
  }

  #value(
    { binding, tallies }: CheckedFunction,
    guard: CellGuard,
    cell: number,
    kept: KeptValue,
    id: string,
    key?: string | number,
  ): void {
    const tally = tallies[cell];
    tally.count++;
    tally.versions[kept.version] = (tally.versions[kept.version] ?? 0) + 1;
    try {
      guard.open(kept, id, inspect, key);
    } catch (error) {
      const state = binding.shape.slots[cell].name;
      this.#failures.add(tally, { type: binding.type, id, state, key, message: undefined }, error);
    }
  }

  report(): MigrationReport {
    const byState: StateCheck[] = [];
    for (const checked of this.#functions.values()) {
      checked?.tallies.forEach(({ count, failureCount, versions }, cell) => {
        const { type, shape } = checked.binding;
        if (count > 0) byState.push({ type, state: shape.slots[cell].name, valueCount: count, failureCount, versions });
      });
    }
    const byMessage = this.#messages.report();
    const kinds = Object.values(byMessage);
    return {
      valueCount: byState.reduce((sum, { valueCount }) => sum + valueCount, 0),
      messageCount: kinds.reduce((sum, { messageCount }) => sum + messageCount, 0),
      failureCount: [...byState, ...kinds].reduce((sum, { failureCount }) => sum + failureCount, 0),
      failures: this.#failures.kept,
      byState,
      byMessage,
      unknownCount: this.#unknownCount,
    };
  }

  #function(type: string): CheckedFunction | undefined {
    const known = this.#functions.get(type);
    if (known !== undefined || this.#functions.has(type)) return known;
    const index = this.#directory.findFunction(type);
    const checked = index === undefined ? undefined : newChecked(this.#directory.binding(index));
    this.#functions.set(type, checked);
    return checked;
  }
}

/** With guards for all values, as if all had a version and a schema. */
function newChecked(binding: FunctionBinding): CheckedFunction {
  const guards = allGuards(binding.type, binding.fn.state);
  const names = recordNames(binding.type, binding.cellNames, guards);
  return { binding, names, guards, tallies: guards.map(() => ({ count: 0, failureCount: 0, versions: {} })) };
}
