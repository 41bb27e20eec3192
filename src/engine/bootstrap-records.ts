/**
 * Checks bulk data against the module for which it is meant, and turns it into records of state. A name that the module
 * does not have is a mistake here, not something to be kept for later: nobody would ever read it.
 */
import { hashId } from '../keys/id-hash.ts';
import { ID_LENGTH_MAX } from '../sdk/address.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import { Directory, type FunctionBinding, tooManyTypes } from '../shard/function-binding.ts';
import { isEntityKey, type RecordSpan, readKey, readRecord, readValue } from '../state/record-reader.ts';
import { RecordWriter } from '../state/record-writer.ts';
import { type CellGuard, entryGuard } from '../state/cell-guard.ts';
import { Entity } from '../state/entity.ts';
import type { StateSlot } from '../state/state-view.ts';
import { bareValue, NEVER } from '../state/kept-value.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { inspectState } from '../wire/structured-data.ts';
import { type BootstrapRow, ListLengths, rowsOf } from './bootstrap-rows.ts';
import type { KeyedRecord } from './bootstrap-sort.ts';

/** The state of one entity. Of several for one entity, the later ones add to the earlier ones and win over them. */
export interface BootstrapRecord {
  readonly type: string | FunctionType<never>;
  readonly id: string;
  /**
   * By the names that the function declares: values as they are, tables as maps or objects, and lists as arrays. The
   * entries of several records for one table add up; of a list the last one that has elements counts.
   */
  readonly state: Readonly<Record<string, unknown>>;
}

interface Target {
  readonly binding: FunctionBinding;
  readonly slots: ReadonlyMap<string, StateSlot>;
}

export class BootstrapRecords {
  /** How many were encoded. */
  count = 0;
  /** Of the last one; its bytes are valid until the next, and there are none if it has no state. */
  hash = 0;
  byteLength = 0;

  readonly #directory: Directory;
  readonly #targets = new Map<unknown, Target>();
  readonly #codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);
  readonly #writer = new RecordWriter(this.#codec, 1 << 16);

  constructor(module: Module) {
    this.#directory = new Directory(module);
  }

  get bytes(): Buffer {
    return this.#writer.bytes;
  }

  /** Throws `BOOTSTRAP_FAILED` for what cannot be anybody's state. */
  encode(record: BootstrapRecord): void {
    this.count++;
    const target = this.#target(record);
    const { id } = record;
    if (typeof id !== 'string' || id.length === 0 || id.length > ID_LENGTH_MAX) {
      throw this.#refusal(`the id ${describe(id)} is not a string of 1 to ${ID_LENGTH_MAX} characters`);
    }
    this.hash = hashId(id);
    const entity = new Entity(target.binding.index, this.hash, id);
    const rows = this.#fill(entity, target, record.state);
    this.#writer.length = 0;
    if (!entity.isBlank) this.#writer.write(entity, target.binding.names);
    for (const { key, value } of rows) this.#writer.writeRow(key, value);
    this.byteLength = this.#writer.length;
  }

  #target(record: BootstrapRecord): Target {
    const named: unknown = (record as BootstrapRecord | null | undefined)?.type;
    const type = typeof named === 'string' ? named : (named as { type?: unknown } | null | undefined)?.type;
    const target = this.#targets.get(type);
    if (target !== undefined) return target;
    const number = typeof type === 'string' ? this.#directory.findFunction(type) : undefined;
    if (number === undefined) {
      const isServed = this.#directory.serves(type);
      throw isServed ? tooManyTypes(type) : this.#refusal(`no function of this module is named ${describe(type)}`);
    }
    return this.#newTarget(this.#directory.binding(number));
  }

  #newTarget(binding: FunctionBinding): Target {
    const target = { binding, slots: new Map(binding.shape.slots.map((slot) => [slot.name, slot])) };
    this.#targets.set(binding.type, target);
    return target;
  }

  /** Fills its cells, and returns its rows. */
  #fill(entity: Entity, { binding, slots }: Target, state: unknown): BootstrapRow[] {
    if (typeof state !== 'object' || state === null)
      throw this.#refusal(`its state is ${describe(state)}, not an object`);
    const rows: BootstrapRow[] = [];
    for (const name of Object.keys(state)) {
      const slot = slots.get(name);
      if (slot === undefined) throw this.#refusal(`${binding.type} declares no state named ${describe(name)}`);
      const value = (state as Record<string, unknown>)[name];
      const guard = binding.guards?.[slot.cell];
      if (slot.kind !== 'value') {
        if (value !== undefined) for (const row of this.#rows(entity, slot, binding.type, value)) rows.push(row);
        continue;
      } else
        entity.writeCell(
          slot.cell,
          guard === undefined ? this.#checked(value) : this.#guarded(guard, value, entity.id),
        );
    }
    return rows;
  }

  #rows(entity: Entity, slot: StateSlot, type: string, given: unknown): BootstrapRow[] {
    const rows = this.#orRefuse(() => rowsOf(slot, type, entity.hash, entity.id, given));
    for (const { value } of rows) {
      if (value === undefined) throw this.#refusal(`the ${slot.kind} ${describe(slot.name)} holds undefined`);
      this.#checked(value);
    }
    if (rows.length > 0) entity.writeCell(slot.cell, slot.kind === 'list' ? rows.length : true);
    if (slot.rules === undefined) return rows;
    const guard = entryGuard(type, slot.name, slot.rules);
    return rows.map(({ key, value }) => ({ key, value: this.#guarded(guard, value, entity.id) }));
  }

  #orRefuse<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (cause) {
      throw this.#refusal(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  /** What an engine would not keep as state is not taken here either. */
  #checked(value: unknown): unknown {
    if (typeof value === 'number' || typeof value === 'string') return value;
    this.#orRefuse(() => inspectState(value));
    return value;
  }

  /** Of the version of this module, and so that its schema takes it; it does not expire before it is written again. */
  #guarded(guard: CellGuard, value: unknown, id: string): unknown {
    if (value === undefined) return undefined;
    return this.#orRefuse(() => guard.accept(value, id, NEVER, (accepted) => void this.#checked(accepted)));
  }

  #refusal(what: string, cause?: unknown): MillraceError {
    return new MillraceError('BOOTSTRAP_FAILED', `Record ${this.count}: ${what}`, {
      cause,
      details: { record: this.count },
    });
  }

  /** Hands over each entity and row of a key group once, in the order of the keys, of which `sorted` are the records. */
  merge(bytes: Buffer, sorted: readonly KeyedRecord[], put: (key: Buffer, value: Buffer) => void): void {
    const lengths = new ListLengths();
    for (let start = 0; start < sorted.length; ) {
      let end = start + 1;
      while (end < sorted.length && isSameKey(bytes, sorted[start], sorted[end])) end++;
      const { keyStart, keyEnd, valueStart, end: valueEnd } = sorted[end - 1];
      const key = bytes.subarray(keyStart, keyEnd);
      // The values of a group come before its rows.
      if (end - start > 1 && isEntityKey(bytes, keyStart))
        put(key, this.#merged(bytes, sorted.slice(start, end), lengths));
      else if (!lengths.isBeyond(key)) put(key, bytes.subarray(valueStart, valueEnd));
      start = end;
    }
  }

  /** The value of an entity of which there are several records. */
  #merged(bytes: Buffer, records: readonly KeyedRecord[], lengths: ListLengths): Buffer {
    const { type, id } = readKey(bytes, records[0].keyStart, records[0].keyEnd);
    const { binding } = this.#targets.get(type) as Target;
    const { names } = binding;
    const entity = new Entity(binding.index, hashId(id), id);
    for (const { valueStart } of records) readValue(this.#codec, bytes, valueStart, names, entity);
    for (const slot of binding.shape.slots) {
      const length = slot.kind === 'list' ? entity.readCell(slot.cell) : undefined;
      if (length !== undefined) lengths.set(slot, type, entity.hash, id, bareValue(length) as number);
    }
    this.#writer.length = 0;
    this.#writer.write(entity, names);
    const span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
    readRecord(this.#writer.bytes, 0, span);
    return Buffer.from(this.#writer.bytes.subarray(span.valueStart, span.end));
  }
}

function isSameKey(bytes: Buffer, a: KeyedRecord, b: KeyedRecord): boolean {
  return bytes.compare(bytes, b.keyStart, b.keyEnd, a.keyStart, a.keyEnd) === 0;
}
