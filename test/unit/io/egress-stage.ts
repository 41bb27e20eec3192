/**
 * A ledger and its journal on a simulated disk, without the engine around them: the test says when an epoch ends, when
 * it is committed, and when the process dies.
 */
import { type EgressPosition, EgressJournal, NEW_EGRESS } from '../../../src/io/egress-journal.ts';
import { EgressLedger, type LedgerBatch } from '../../../src/io/egress-ledger.ts';
import type { CarriedTrace } from '../../../src/sdk/trace.ts';
import { MemorySpillStorage } from '../../../src/base/spill.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { KIND_EGRESS, TYPE_NONE } from '../../../src/wire/envelope-layout.ts';
import { EnvelopeReader } from '../../../src/wire/envelope-reader.ts';
import { EnvelopeWriter } from '../../../src/wire/envelope-writer.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { allocateShapeRegistry, ShapeRegistry } from '../../../src/wire/shape-registry.ts';
import { PLAIN } from '../../../src/wire/structured-data.ts';

const DIRECTORY = '/data/egress/test%2Fresults';
const MEMORY_BYTES_MAX = 2_048;

export class EgressStage {
  /** Everything is on it that a restart finds; a position is what the manifest would have. */
  readonly fileSystem: SimulatedFileSystem;
  readonly ledger: EgressLedger;
  readonly storage = new MemorySpillStorage();
  /** Of the last commit. */
  position: EgressPosition;
  epoch: number;
  readonly #shapes = new ShapeRegistry(allocateShapeRegistry());
  readonly #writer: EnvelopeWriter;

  /** `position` and `epoch` are those of the last commit, where there is one; without a disk nothing is durable. */
  constructor(fileSystem?: SimulatedFileSystem, position: EgressPosition = NEW_EGRESS, epoch = 0) {
    this.fileSystem = fileSystem ?? new SimulatedFileSystem({ autoSync: true });
    this.position = position;
    this.epoch = epoch;
    const codec = new PayloadCodec(1 << 20, this.#shapes);
    this.#writer = new EnvelopeWriter(codec);
    const writer = new EnvelopeWriter(codec);
    this.ledger = new EgressLedger('test/results', this.storage, MEMORY_BYTES_MAX, new EnvelopeReader(codec), writer);
    if (fileSystem === undefined) return;
    const journal = this.#openJournal((record) => this.ledger.restore(record));
    this.ledger.attachJournal(journal, position);
  }

  #openJournal(visit: Parameters<typeof EgressJournal.open>[4]): EgressJournal {
    return EgressJournal.open(this.fileSystem, DIRECTORY, this.#shapes, this.position, visit);
  }

  /** A record comes from a shard. */
  add(record: unknown, isAhead = false, trace?: CarriedTrace): void {
    this.#writer.write(KIND_EGRESS, 0, 0, '', TYPE_NONE, '', record, PLAIN, trace && { trace });
    const words = new Int32Array((this.#writer.byteLength + 3) >> 2);
    this.#writer.placeInto(words, 0);
    this.ledger.hold(words, 0, this.#writer.byteLength, this.epoch + 1, isAhead);
  }

  /** All shards have ended the epoch; what its commit would remember. */
  async end(): Promise<EgressPosition> {
    this.ledger.endEpoch(this.epoch + 1);
    const position = await this.ledger.position();
    if (position === undefined) throw new Error('only what is durable has a position');
    return position;
  }

  commit(position: EgressPosition): void {
    this.epoch++;
    this.position = position;
    this.ledger.committed(position);
  }

  /** Ends the epoch and commits it. */
  async checkpoint(): Promise<void> {
    this.commit(await this.end());
  }

  /** The shards have failed and gone back to the last commit. */
  rollBack(): void {
    this.ledger.rollBack(this.#openJournal(() => {}));
  }

  /** The process dies, and another one goes on. */
  restart(): EgressStage {
    const fileSystem = this.fileSystem.clone();
    fileSystem.kill();
    return new EgressStage(fileSystem, this.position, this.epoch);
  }

  get files(): readonly string[] {
    return this.fileSystem.list(DIRECTORY);
  }

  /** Takes everything that may leave; the consumer is not done with it. */
  takeAll(): LedgerBatch {
    return this.ledger.take(Number.POSITIVE_INFINITY);
  }
}

export function durableStage(): EgressStage {
  return new EgressStage(new SimulatedFileSystem({ autoSync: true }));
}
