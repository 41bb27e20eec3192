/**
 * The durable parts of a shard by themselves: a changelog on a simulated disk, a store in memory whose writes end when
 * the test says so, and entities of two functions.
 */
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { defineFunction, defineModule, value } from '../../../src/index.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import type { PairedRows } from '../../../src/shard/rows/paired-rows.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import { Directory } from '../../../src/shard/function-binding.ts';
import {
  ShardSnapshot,
  type SnapshotHooks,
  type SnapshotReport,
  type WrittenDelta,
} from '../../../src/shard/durable/shard-snapshot.ts';
import type { Epoch } from '../../../src/base/brand.ts';
import { type RecordNames, recordNames, RecordWriter } from '../../../src/state/record-writer.ts';
import { Entity } from '../../../src/state/entity.ts';
import { NOTHING, readKey, readValue } from '../../../src/state/record-reader.ts';
import type { RecoveredRecords } from '../../../src/shard/durable/recovered-records.ts';
import { ChangelogWriter } from '../../../src/store/changelog-writer.ts';
import { APPLIED_KEY } from '../../../src/store/key-layout.ts';
import type { StateStore, StoreBatch, StoreEntry } from '../../../src/store/state-store.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { EnvelopeBlock } from '../../../src/wire/envelope-block.ts';
import { KIND_MESSAGE, TYPE_NONE } from '../../../src/wire/envelope-layout.ts';
import { EnvelopeWriter } from '../../../src/wire/envelope-writer.ts';
import type { MessageMeta } from '../../../src/wire/message-meta.ts';
import { PLAIN } from '../../../src/wire/structured-data.ts';

export const DIRECTORY = '/shard-0';
export const CELL = 0;

const functions = ['test/first', 'test/second'].map((type) =>
  defineFunction({ type, state: { name: value<string>(), list: value<number[]>() }, invoke: () => {} }),
);

export const directory: Directory = new Directory(defineModule({ functions }));
export const codec: PayloadCodec = new PayloadCodec(1 << 20);
const names = directory.bindings.map(({ type, shape }) => recordNames(type, shape.cellNames));

export function namesOf(functionIndex: number): RecordNames {
  return names[functionIndex];
}

export function newEntity(id: string, functionIndex = 0): Entity {
  return new Entity(functionIndex, hashId(id), id);
}

/** For records that are of entities only. */
export function unreachableRow(): never {
  throw new Error('there are no rows');
}

/** What a recovery has found of the entities of known functions, as a fetch would make them. */
export function recoveredEntities(records: RecoveredRecords, functions: Directory = directory): Entity[] {
  const entities: Entity[] = [];
  Array.from(records.sift());
  for (const entry of records.newest()) {
    const { bytes, keyStart, keyEnd, valueStart, epoch } = records.record(entry);
    const { type, id } = readKey(bytes, keyStart, keyEnd);
    const functionIndex = functions.findFunction(type);
    if (functionIndex === undefined) continue;
    const entity = newEntity(id, functionIndex);
    const { shape } = functions.bindings[functionIndex];
    if (valueStart !== NOTHING) readValue(codec, bytes, valueStart, recordNames(type, shape.cellNames), entity);
    entity.dirtyEpoch = -epoch;
    entities.push(entity);
  }
  return entities;
}

/** Lets promises go on that have nothing to wait for. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** A store whose calls wait until `open` is called, or end with an error. */
export class HeldStore implements StateStore {
  readonly capabilities = { name: 'held', injectedFileSystem: true, streamingScan: true };
  readonly contents = new Map<string, Uint8Array>();
  /** How many keys each call has asked for. */
  readonly readCounts: number[] = [];
  isHeld = false;
  failure: Error | undefined;
  #waiting: (() => void)[] = [];

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.readCounts.push(keys.length);
    const asked = keys.map((key) => Buffer.from(key).toString('latin1'));
    await this.#turn();
    return asked.map((key) => this.contents.get(key));
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    return this.contents.get(Buffer.from(key).toString('latin1'));
  }

  batch(): StoreBatch {
    const changes: (readonly [string, Uint8Array | undefined])[] = [];
    return {
      get count() {
        return changes.length;
      },
      put: (key, bytes) => void changes.push([Buffer.from(key).toString('latin1'), Uint8Array.from(bytes)]),
      delete: (key) => void changes.push([Buffer.from(key).toString('latin1'), undefined]),
      write: async () => {
        await this.#turn();
        for (const [key, bytes] of changes) {
          if (bytes === undefined) this.contents.delete(key);
          else this.contents.set(key, bytes);
        }
      },
    };
  }

  scan(from: Uint8Array, before: Uint8Array | undefined): AsyncIterable<readonly StoreEntry[]> {
    const [first, end] = [from, before ?? APPLIED_KEY].map((key) => Buffer.from(key).toString('latin1'));
    const found = [...this.contents].filter(([key]) => key >= first && key < end);
    found.sort(([one], [other]) => (one < other ? -1 : 1));
    const entries = found.map(([key, value]) => ({ key: Buffer.from(key, 'latin1'), value }));
    return (async function* () {
      for (const entry of entries) yield [entry];
    })();
  }

  async close(): Promise<void> {}

  /** Lets all calls that wait end. */
  release(): void {
    this.isHeld = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #turn(): Promise<void> {
    if (this.isHeld) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    if (this.failure !== undefined) throw this.failure;
  }
}

/** The key of an entity, as the store in memory has it. */
export function keyOf(entity: Entity): string {
  const writer = new RecordWriter(codec, 64);
  writer.writeKey(namesOf(entity.functionIndex).type, entity.hash, entity.id);
  return writer.bytes.toString('latin1', 0, writer.length);
}

/** Writes deltas, one an epoch, as a shard does. */
export class SnapshotStage {
  readonly fileSystem = new SimulatedFileSystem({ autoSync: true });
  readonly dirty = new DirtyEntities();
  readonly pairs: PairedRows = new Rows(this.dirty).pairs;
  readonly inFlight = new EnvelopeBlock();
  readonly changelog: ChangelogWriter;
  readonly snapshot: ShardSnapshot;
  readonly deltas: WrittenDelta[] = [];
  readonly reports: SnapshotReport[] = [];
  readonly #writer = new EnvelopeWriter(codec);
  #epoch = 1;

  /** By default no frame gets an index. */
  constructor(segmentBytesMax = 1 << 20, indexBytesMin = 1 << 20) {
    this.fileSystem.makeDirectory(DIRECTORY);
    this.changelog = new ChangelogWriter(this.fileSystem, DIRECTORY, { segmentBytesMax, nextSegment: 1, segments: [] });
    this.dirty.epoch = 1;
    const shapes = { get: (number: number) => ({ number, keys: [] }) };
    const hooks: SnapshotHooks = {
      unfinished: { isOpen: false, work: () => 0 },
      inFlightNames: () => this.inFlight.names(directory, shapes),
      written: (delta, report) => {
        this.deltas.push(delta);
        this.reports.push(report);
      },
    };
    const { changelog, dirty, pairs, inFlight } = this;
    const records = new RecordWriter(codec, 256);
    const ground = { changelog, records, dirty, pairs, indexBytesMin, names: namesOf };
    this.snapshot = new ShardSnapshot(ground, inFlight, hooks, 1);
  }

  /** Writes a state as an invocation does. */
  write(entity: Entity, text: string | undefined): void {
    if (entity.dirtyEpoch !== this.dirty.epoch) this.dirty.touch(entity);
    entity.writeCell(CELL, text);
  }

  /** As after a start: epochs are counted on from here. */
  beginAt(epoch: number): void {
    this.#epoch = epoch;
  }

  begin(): void {
    this.snapshot.begin(this.#epoch++ as Epoch);
  }

  /** One slice of the epoch that goes on; returns how much that was. */
  goAhead(): number {
    return this.snapshot.workAhead(this.#epoch as Epoch);
  }

  /** A message that the snapshot has to hold. */
  hold(id: string, message: unknown, caller?: Entity, meta?: MessageMeta, type = 1): void {
    const sourceType = caller?.functionIndex ?? TYPE_NONE;
    this.#writer.write(KIND_MESSAGE, type, hashId(id), id, sourceType, caller?.id ?? '', message, PLAIN, meta);
    this.inFlight.place(this.#writer);
  }

  /** Goes on until the part is written; returns how many turns that took. */
  finish(): number {
    this.snapshot.closeChannels();
    let turns = 0;
    for (; this.snapshot.isUnderWay; turns++) this.snapshot.work();
    return turns;
  }

  /** A whole epoch in which these entities got these values. */
  epoch(values: readonly (readonly [Entity, string | undefined])[]): WrittenDelta {
    for (const [entity, text] of values) this.write(entity, text);
    this.begin();
    this.finish();
    return this.deltas.at(-1) as WrittenDelta;
  }
}
