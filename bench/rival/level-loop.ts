/**
 * A bare loop over one LevelDB: read a batch of numbers with `getMany`, add one to each, write them back with `batch`.
 * One thread and one database, because that is what somebody writes who needs no more than that; LevelDB reads and writes
 * on threads of its own. Keys and values are byte for byte as long as the engine's, checksum included, but no checksum is
 * made, nothing is decoded but the number, and nobody is told of anything.
 *
 * Tuned as far as we know how: all the memory is LevelDB's, most of it cache and the rest a write buffer four times
 * larger than the engine's; nothing is compressed; a batch is one array and one call; and it is synced once in 100 ms
 * and not each time, which is as often as the engine commits.
 */
import { ClassicLevel } from 'classic-level';
import { makeBody } from '../flow/message-body.ts';
import { entityOfDraw, firstDraw, nextDraw, sampleStride, walkId, type Walks } from '../flow/walk.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { Entity } from '../../src/state/entity.ts';
import { readRecord, type RecordSpan } from '../../src/state/record-reader.ts';
import { recordNames, RecordWriter } from '../../src/state/record-writer.ts';
import { PayloadCodec } from '../../src/wire/payload-codec.ts';

export interface LevelLoopOptions {
  readonly directory: string;
  readonly entities: number;
  readonly memoryBytes: number;
  readonly syncIntervalMs: number;
  /** Entries of one `getMany` and one `batch`. */
  readonly batchCount: number;
  /** That an entity holds beside its number; none when undefined. */
  readonly bytes?: number | undefined;
}

type Database = ClassicLevel<Buffer, Buffer>;

const WRITE_BUFFER_BYTES = 64 << 20;
const NUMBER_BYTES = 4;
/** The checksum with which the engine's values end. */
const CHECKSUM_BYTES = 4;
const NAMES = recordNames('bench/entity', ['count']);
/** The number stays at the end. */
const NAMES_WITH_BODY = recordNames('bench/entity', ['body', 'count']);
/** Around a body. */
const RECORD_BYTES = 1 << 12;

export class LevelLoop {
  readonly #database: Database;
  readonly #options: LevelLoopOptions;
  readonly #writer: RecordWriter;
  readonly #template: Buffer;
  #syncedMs = 0;

  private constructor(database: Database, options: LevelLoopOptions) {
    this.#database = database;
    this.#options = options;
    this.#writer = new RecordWriter(new PayloadCodec(Number.MAX_SAFE_INTEGER), RECORD_BYTES + (options.bytes ?? 0));
    this.#template = this.#valueTemplate();
  }

  static async open(options: LevelLoopOptions): Promise<LevelLoop> {
    const writeBufferSize = Math.min(WRITE_BUFFER_BYTES, options.memoryBytes >> 3);
    const database: Database = new ClassicLevel(options.directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      // Two write buffers may be in use at the same time.
      cacheSize: options.memoryBytes - 2 * writeBufferSize,
      writeBufferSize,
      compression: false,
    });
    await database.open();
    return new LevelLoop(database, options);
  }

  /** Gives all entities from `from` to before `end` their first number. */
  async load(from: number, end: number): Promise<void> {
    const { batchCount } = this.#options;
    for (let first = from; first < end; first += batchCount) {
      const numbers = Array.from({ length: Math.min(batchCount, end - first) }, (_, index) => first + index);
      await this.#write(
        numbers.map((number) => this.#key(number)),
        numbers,
      );
    }
  }

  /** Seconds until all walks, as many as a batch has entries, have come to their end and are synced. */
  async walk(walks: Walks): Promise<number> {
    const { entities } = this.#options;
    const draws = Int32Array.from({ length: walks.count }, (_, walk) => firstDraw(walks, walk));
    const startedMs = performance.now();
    this.#syncedMs = startedMs;
    for (let round = 0; round <= walks.rounds; round++) {
      const numbers = Array.from(draws, (x) => entityOfDraw(x, entities));
      await this.#visit(numbers, round === walks.rounds);
      for (let walk = 0; walk < draws.length; walk++) draws[walk] = nextDraw(draws[walk]);
    }
    return (performance.now() - startedMs) / 1000;
  }

  async #visit(numbers: readonly number[], isLast: boolean): Promise<void> {
    const keys = numbers.map((number) => this.#key(number));
    const values = await this.#database.getMany(keys);
    // Two walks of one batch may meet.
    const counts = new Map<number, number>();
    const sums = numbers.map((number, index) => {
      const count = (counts.get(number) ?? numberIn(values[index])) + 1;
      counts.set(number, count);
      return count;
    });
    await this.#write(keys, sums, isLast);
  }

  async #write(keys: readonly Buffer[], numbers: readonly number[], isLast = false): Promise<void> {
    const nowMs = performance.now();
    const sync = isLast || nowMs - this.#syncedMs >= this.#options.syncIntervalMs;
    if (sync) this.#syncedMs = nowMs;
    const puts = keys.map((key, index) => ({ type: 'put' as const, key, value: this.#value(numbers[index]) }));
    await this.#database.batch(puts, { sync });
  }

  /** The sum of the sample. */
  async census(): Promise<number> {
    const { entities } = this.#options;
    const stride = sampleStride(entities);
    let sum = 0;
    for (let number = 0; number < entities; number += stride) {
      sum += numberIn(await this.#database.get(this.#key(number)));
    }
    return sum;
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #key(number: number): Buffer {
    const writer = this.#writer;
    const id = walkId(number);
    writer.length = 0;
    writer.writeKey(NAMES.type, hashId(id), id);
    return Buffer.from(writer.bytes.subarray(0, writer.length));
  }

  #value(number: number): Buffer {
    const value = Buffer.from(this.#template);
    value.writeInt32LE(number, value.length - CHECKSUM_BYTES - NUMBER_BYTES);
    return value;
  }

  /** The value of an entity with the number 0, with room for a checksum. */
  #valueTemplate(): Buffer {
    const entity = new Entity(0, hashId(walkId(0)), walkId(0));
    const { bytes } = this.#options;
    if (bytes !== undefined) entity.writeCell(0, makeBody(bytes));
    entity.writeCell(bytes === undefined ? 0 : 1, 0);
    const writer = this.#writer;
    writer.length = 0;
    writer.write(entity, bytes === undefined ? NAMES : NAMES_WITH_BODY);
    const span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
    readRecord(writer.bytes, 0, span);
    return Buffer.concat([writer.bytes.subarray(span.valueStart, span.end), Buffer.alloc(CHECKSUM_BYTES)]);
  }
}

function numberIn(value: Buffer | undefined): number {
  if (value === undefined) throw new Error('An entity is missing in LevelDB.');
  return value.readInt32LE(value.length - CHECKSUM_BYTES - NUMBER_BYTES);
}
