/**
 * Reads a committed cut off a disk, as a restart would find it: the state of every entity and the messages in flight.
 * It works on a clone of the disk whose syncs end by themselves, and runs nothing; so a simulation can look at any
 * commit while the engine goes on.
 */
import { join } from 'node:path';
import type { CheckpointEntry } from '../engine/checkpoint-entry.ts';
import { DataDirectory } from '../engine/data-directory.ts';
import { EgressJournal, NEW_EGRESS } from '../io/egress-journal.ts';
import type { PendingRecord } from '../io/pending-records.ts';
import type { Module } from '../sdk/module.ts';
import { DirtyEntities } from '../shard/durable/dirty-entities.ts';
import { readAppliedEpoch } from '../shard/durable/durability.ts';
import { ASKER_TYPE, Directory } from '../shard/function-binding.ts';
import { Rows } from '../shard/rows/rows.ts';
import { recoverShard } from '../shard/durable/shard-recovery.ts';
import { isEntityKey, NOTHING, readKey, readRowValue, readValue } from '../state/record-reader.ts';
import { type Cells, Entity } from '../state/entity.ts';
import { bareValue } from '../state/kept-value.ts';
import { CheckedStore } from '../store/checked-store.ts';
import { APPLIED_KEY } from '../store/key-layout.ts';
import type { OpenStore } from '../store/state-store.ts';
import { TYPE_ASKER } from '../wire/envelope-layout.ts';
import type { MessageMeta } from '../wire/message-meta.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import type { SimulatedFileSystem } from './simulated-file-system.ts';

/** The values of one entity, by the names of its states; what was never written is not there. */
export type CutState = Readonly<Record<string, unknown>>;

export interface CutMessage {
  readonly type: string;
  readonly id: string;
  readonly message: unknown;
  readonly caller: { readonly type: string; readonly id: string } | undefined;
  /** What travels with it. */
  readonly meta: MessageMeta | undefined;
}

export interface CommittedCut {
  /** None in a directory in which nothing was ever committed. */
  readonly entry: CheckpointEntry | undefined;
  /** All idempotency keys that were committed. */
  readonly keys: readonly string[];
  /** By type and id, with a space between. */
  readonly entities: ReadonlyMap<string, CutState>;
  /** The same as the shards keep them, with versions and deadlines (see state/kept-value.ts). */
  readonly cells: ReadonlyMap<string, CutState>;
  /** The rows of all sections, by their keys (see state/row.ts). */
  readonly rows: ReadonlyMap<string, unknown>;
  readonly messages: readonly CutMessage[];
  /** Records of an egress that are committed, and of which it is not committed that its consumer is done with them. */
  pendingRecords(egressType: string): unknown[];
  /** How many entities of it lie in the stores. */
  readonly storedCount: number;
}

export interface CutPlace {
  readonly directory: string;
  readonly storeName: string;
  readonly openStore: OpenStore;
  readonly module: Module;
}

/** `fileSystem` belongs to the reader: it is changed as recovery changes it. */
export async function readCommittedCut(fileSystem: SimulatedFileSystem, place: CutPlace): Promise<CommittedCut> {
  fileSystem.autoSync = true;
  fileSystem.capacityBytes = Number.POSITIVE_INFINITY;
  const { directory: path, storeName } = place;
  const data = await DataDirectory.open({ path, fileSystem, storeName, newId: () => 'simulated' });
  const reader = new CutReader(fileSystem, place);
  for (const shard of data.last?.shards.keys() ?? []) await reader.readShard(data, shard);
  data.close();
  const { cells, rows, messages, storedCount } = reader;
  const entities = new Map([...cells].map(([name, state]) => [name, bareState(state)]));
  const pendingRecords = (type: string): unknown[] => readPending(data, type);
  return { entry: data.last, keys: data.keys, entities, cells, rows, messages, pendingRecords, storedCount };
}

function readPending(data: DataDirectory, type: string): unknown[] {
  const records: unknown[] = [];
  const position = data.last?.egresses[type] ?? NEW_EGRESS;
  const visit = ({ payload }: PendingRecord): void => void records.push(payload);
  EgressJournal.read(data.fileSystem, data.egressDirectory(type), position, visit);
  return records;
}

/** Each holds a registry of its own, which is large; and a module is read of many times. */
const directories = new WeakMap<Module, Directory>();

function directoryOf(module: Module): Directory {
  const known = directories.get(module) ?? new Directory(module);
  directories.set(module, known);
  return known;
}

class CutReader {
  readonly cells: Map<string, CutState> = new Map();
  readonly rows: Map<string, unknown> = new Map();
  readonly messages: CutMessage[] = [];
  storedCount = 0;
  readonly #fileSystem: SimulatedFileSystem;
  readonly #openStore: OpenStore;
  readonly #functions: Directory;
  readonly #codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);

  constructor(fileSystem: SimulatedFileSystem, { openStore, module }: CutPlace) {
    this.#fileSystem = fileSystem;
    this.#openStore = openStore;
    this.#functions = directoryOf(module);
  }

  async readShard(data: DataDirectory, shard: number): Promise<void> {
    const directory = data.shardDirectory(shard);
    const fileSystem = this.#fileSystem;
    const place = { directory: join(directory, 'store'), fileSystem, cacheBytes: 1 << 16 };
    const store = new CheckedStore(await this.#openStore(place));
    for await (const group of store.scan(new Uint8Array(0), APPLIED_KEY)) {
      for (const { key, value } of group) this.#stored(Buffer.from(key), Buffer.from(value));
      this.storedCount += group.length;
    }
    const appliedEpoch = await readAppliedEpoch(store);
    this.#overlay(directory, appliedEpoch, data.committedOf(shard));
    await store.close();
  }

  #stored(key: Buffer, value: Buffer): void {
    if (!isEntityKey(key, 0)) {
      this.rows.set(key.toString('latin1'), readRowValue(this.#codec, value));
      return;
    }
    const { type, id } = readKey(key, 0, key.length);
    const index = this.#functions.functionNumber(type);
    const cells = new Entity(index, 0, id);
    readValue(this.#codec, value, 0, this.#functions.binding(index).names, cells);
    this.cells.set(`${type} ${id}`, this.#written(index, cells));
  }

  /** What was committed and not folded, over what was. */
  #overlay(directory: string, appliedEpoch: number, committed: ReturnType<DataDirectory['committedOf']>): void {
    const rows = new Rows(new DirtyEntities());
    const { records, messages } = recoverShard({
      rows,
      fileSystem: this.#fileSystem,
      directory,
      appliedEpoch,
      committed,
      codec: this.#codec,
      functions: this.#functions,
      names: (index) => this.#functions.binding(index).names,
    });
    for (const key of this.rows.keys()) if (rows.isErased(key)) this.rows.delete(key);
    for (const { key, value } of rows.inMemory()) {
      if (value === undefined) this.rows.delete(key);
      else this.rows.set(key, value);
    }
    Array.from(records.sift());
    for (const entry of records.newest()) {
      const { bytes, keyStart, keyEnd, valueStart, end } = records.record(entry);
      if (!isEntityKey(bytes, keyStart)) continue;
      const key = bytes.subarray(keyStart, keyEnd);
      const { type, id } = readKey(key, 0, key.length);
      this.cells.delete(`${type} ${id}`);
      if (valueStart !== NOTHING) this.#stored(key, bytes.subarray(valueStart, end));
    }
    for (const { type, id, message, sourceType, sourceId, meta } of messages.decoded()) {
      const source = sourceType === TYPE_ASKER ? ASKER_TYPE : this.#functions.typeName(sourceType);
      const caller = source === undefined ? undefined : { type: source, id: sourceId };
      this.messages.push({ type: this.#functions.typeName(type) ?? meta?.to ?? '', id, message, caller, meta });
    }
  }

  #written(index: number, cells: Cells): CutState {
    const { cellNames } = this.#functions.binding(index);
    const all = cellNames.map((name, cell) => [name, cells.readCell(cell)] as const);
    return Object.fromEntries(all.filter(([, value]) => value !== undefined));
  }
}

function bareState(cells: CutState): CutState {
  return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, bareValue(cell)]));
}
