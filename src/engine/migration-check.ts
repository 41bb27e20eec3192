/**
 * Runs stored values and messages in flight through the code of a module, as its functions would meet them, and counts
 * what fails. It changes nothing: what is brought up to date here is thrown away.
 */
import { type Clock, systemClock } from '../base/clock.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { Module } from '../sdk/module.ts';
import { Directory, type FunctionBinding } from '../shard/function-binding.ts';
import type { PortableMessage } from '../shard/durable/portable-message.ts';
import { allGuards, type CellGuard, entryGuard } from '../state/cell-guard.ts';
import { Cells } from '../state/entity.ts';
import { KeptValue, keptOf, NEVER } from '../state/kept-value.ts';
import { isEntityKey, readKey, readRowValue, readValue } from '../state/record-reader.ts';
import { readAddressBytes, readUnsigned, readUtf8 } from '../state/row.ts';
import { SECTION_LIST, SECTION_TABLE } from '../store/key-layout.ts';
import { type RecordNames, recordNames } from '../state/record-writer.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { inspect } from '../wire/structured-data.ts';

/** A value or a message that the code refuses. */
export interface MigrationFailure {
  readonly type: string;
  readonly id: string;
  /** Undefined for a message in flight to this address. */
  readonly state: string | undefined;
  /** `STATE_MIGRATION_FAILED`, `STATE_INVALID` or `MESSAGE_INVALID`; `UNKNOWN_FUNCTION` for a message to nobody. */
  readonly error: MillraceError;
}

/** What was found of one state. */
export interface StateCheck {
  readonly type: string;
  readonly state: string;
  readonly valueCount: number;
  readonly failureCount: number;
  /** How many values there are of each version. */
  readonly versions: Readonly<Record<number, number>>;
}

/** What `checkMigrations` has found. */
export interface MigrationReport {
  /** Values, entries of tables and elements of lists that were run through the code. Those that have expired are not: nobody will see them again. */
  readonly valueCount: number;
  /** Messages in flight. */
  readonly messageCount: number;
  readonly failureCount: number;
  /** The first of them. */
  readonly failures: readonly MigrationFailure[];
  readonly byState: readonly StateCheck[];
  /** Entities of functions that the module does not have; their state stays where it is. */
  readonly unknownCount: number;
}

/** Where the address begins in the key of a row. */
const SECTION_END = 3;

interface Tally {
  valueCount: number;
  failureCount: number;
  readonly versions: Record<number, number>;
}

interface CheckedFunction {
  readonly binding: FunctionBinding;
  readonly names: RecordNames;
  readonly guards: readonly (CellGuard | undefined)[];
  readonly tallies: readonly Tally[];
}

export class MigrationCheck {
  readonly #directory: Directory;
  readonly #functions = new Map<string, CheckedFunction | undefined>();
  readonly #codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);
  readonly #failuresMax: number;
  readonly #failures: MigrationFailure[] = [];
  readonly #now: number;
  #messageCount = 0;
  #messageFailureCount = 0;
  #unknownCount = 0;

  constructor(module: Module, failuresMax: number, clock: Clock = systemClock) {
    this.#directory = new Directory(module);
    this.#failuresMax = failuresMax;
    this.#now = clock.now();
  }

  /** An entry of a store, or of a savepoint. */
  entry(key: Buffer, value: Buffer): void {
    if (!isEntityKey(key, 0)) {
      if (key[2] === SECTION_TABLE || key[2] === SECTION_LIST) this.#row(key.toString('latin1'), value);
      return;
    }
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
      if (guard !== undefined && kept instanceof KeptValue) this.#value(checked, guard, cell, kept, id);
    });
  }

  /** An entry of a table, or an element of a list. */
  #row(key: string, bytes: Buffer): void {
    const { type, id, end } = readAddressBytes(key, SECTION_END);
    const nameStart = end + 2;
    const name = readUtf8(key.slice(nameStart, nameStart + readUnsigned(key, end, 2)));
    const checked = this.#function(type);
    const slot = checked?.binding.shape.slots.find((declared) => declared.name === name && declared.kind !== 'value');
    if (checked === undefined || slot === undefined) return;
    const kept = keptOf(readRowValue(this.#codec, bytes));
    // Reading a list may have kept an element alive, which does not say so itself.
    const checkedRow = slot.kind === 'list' ? new KeptValue(kept.value, kept.version, NEVER, false) : kept;
    this.#value(checked, entryGuard(type, name, slot.rules), slot.cell, checkedRow, id);
  }

  #value({ binding, tallies }: CheckedFunction, guard: CellGuard, cell: number, kept: KeptValue, id: string): void {
    if (kept.deadline < NEVER && kept.deadline <= this.#now && guard.left(kept, this.#now) === undefined) return;
    const tally = tallies[cell];
    tally.valueCount++;
    tally.versions[kept.version] = (tally.versions[kept.version] ?? 0) + 1;
    try {
      guard.open(kept, id, inspect);
    } catch (error) {
      tally.failureCount++;
      this.#fail(binding.type, id, binding.shape.slots[cell].name, error);
    }
  }

  message({ targetType, targetId, message }: PortableMessage): void {
    this.#messageCount++;
    try {
      const number = this.#directory.functionNumber(targetType);
      this.#directory.checkMessage(number, message);
    } catch (error) {
      this.#messageFailureCount++;
      this.#fail(targetType, targetId, undefined, error);
    }
  }

  report(): MigrationReport {
    const byState: StateCheck[] = [];
    for (const checked of this.#functions.values()) {
      checked?.tallies.forEach((tally, cell) => {
        const { type, shape } = checked.binding;
        if (tally.valueCount > 0) byState.push({ type, state: shape.slots[cell].name, ...tally });
      });
    }
    return {
      valueCount: byState.reduce((sum, { valueCount }) => sum + valueCount, 0),
      messageCount: this.#messageCount,
      failureCount: byState.reduce((sum, { failureCount }) => sum + failureCount, this.#messageFailureCount),
      failures: this.#failures,
      byState,
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

  #fail(type: string, id: string, state: string | undefined, error: unknown): void {
    if (this.#failures.length >= this.#failuresMax) return;
    this.#failures.push({ type, id, state, error: coded(error, type, id) });
  }
}

/** With guards for all values, as if all had a version and a schema. */
function newChecked(binding: FunctionBinding): CheckedFunction {
  const guards = allGuards(binding.type, binding.fn.state);
  const names = recordNames(binding.type, binding.cellNames, guards);
  return { binding, names, guards, tallies: guards.map(() => ({ valueCount: 0, failureCount: 0, versions: {} })) };
}

/** A schema may give what cannot be state, which is another kind of error than the guard's own. */
function coded(error: unknown, type: string, id: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const reason = error instanceof Error ? error.message : describe(error);
  return new MillraceError('STATE_INVALID', `${type} ${describe(id)}: ${reason}`, { cause: error });
}
