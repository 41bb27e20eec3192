/**
 * Rows with all that makes them durable: cuts, a changelog on a simulated disk, folding into a store whose writes end
 * when the test says so, crashes and recoveries. It does what `Durability` does, step by step from outside.
 */
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { Fold } from '../../../src/shard/durable/fold.ts';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import { type FoundRow, Rows } from '../../../src/shard/rows/rows.ts';
import type { RecoveredRecords } from '../../../src/shard/durable/recovered-records.ts';
import { recoverShard } from '../../../src/shard/durable/shard-recovery.ts';
import { ShardSnapshot, type SnapshotHooks, type WrittenDelta } from '../../../src/shard/durable/shard-snapshot.ts';
import type { Epoch } from '../../../src/base/brand.ts';
import { afterPrefix, groupPrefix } from '../../../src/state/row.ts';
import { RecordWriter } from '../../../src/state/record-writer.ts';
import { ChangelogWriter } from '../../../src/store/changelog-writer.ts';
import { APPLIED_KEY, BEGUN_KEY, SECTION_TABLE } from '../../../src/store/key-layout.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { EnvelopeBlock } from '../../../src/wire/envelope-block.ts';
import { codec, DIRECTORY, directory, HeldStore, namesOf, settle } from './durable-stage.ts';

/** What all keys of these tests begin with. */
export const BASE: string = groupPrefix(SECTION_TABLE, keyGroupOfHash(hashId('Kim')));
/** Above all of them. */
export const END: string = afterPrefix(BASE);

export async function collect(found: AsyncIterable<FoundRow>): Promise<[string, unknown][]> {
  const rows: [string, unknown][] = [];
  for await (const { key, value } of found) rows.push([key.slice(BASE.length), value]);
  return rows;
}

export class RowStage {
  store = new HeldStore();
  rows!: Rows;
  fold!: Fold;
  /** What the last start has found that was not folded. */
  recovered!: RecoveredRecords;
  /** The last committed epoch. */
  committedEpoch = 0;
  /** The last that was cut. */
  cutEpoch = 0;
  readonly fileSystem = new SimulatedFileSystem({ autoSync: true });
  #snapshot!: ShardSnapshot;
  #baseEpoch = 0;
  #written: WrittenDelta[] = [];
  #committedDelta: WrittenDelta | undefined;

  constructor() {
    this.fileSystem.makeDirectory(DIRECTORY);
    this.#start();
  }

  /** Like a start of the shard on what is on the disk and in the store. */
  #start(): void {
    const { fileSystem, store } = this;
    const dirty = new DirtyEntities();
    const rows = new Rows(dirty);
    rows.attach({ store, codec });
    const appliedEpoch = this.applied;
    const committed = this.#committedDelta && {
      epoch: this.committedEpoch,
      location: this.#committedDelta.location,
    };
    const place = { fileSystem, directory: DIRECTORY, appliedEpoch, committed, codec, functions: directory, rows };
    const recovered = recoverShard({ ...place, begunEpoch: this.#epochUnder(BEGUN_KEY), names: namesOf });
    this.recovered = recovered.records;
    const changelog = new ChangelogWriter(fileSystem, DIRECTORY, { segmentBytesMax: 400, ...recovered.changelog });
    dirty.epoch = this.committedEpoch + 1 - appliedEpoch;
    dirty.pinnedCount = recovered.records.count + recovered.records.erasures.length;
    this.#baseEpoch = appliedEpoch;
    this.cutEpoch = this.committedEpoch;
    this.#written = [];
    this.fold = new Fold(
      // Steps so short that each does one thing.
      {
        ...place,
        store,
        changelog,
        dirty,
        pairs: rows.pairs,
        baseEpoch: appliedEpoch,
        foldBytes: 1 << 30,
        foldStepUs: 0,
      },
      { released: (item) => rows.released(item), progressed: () => {} },
    );
    this.fold.addRecovered(recovered.records);
    this.fold.committed(this.committedEpoch - appliedEpoch);
    const hooks: SnapshotHooks = {
      unfinished: { isOpen: false, work: () => 0 },
      inFlightNames: () => ({ functions: {}, shapes: {} }),
      written: (delta) => {
        this.fold.add(delta);
        this.#written.push(delta);
      },
    };
    const records = new RecordWriter(codec, 256);
    const ground = { changelog, records, dirty, pairs: rows.pairs, indexBytesMin: 0, names: namesOf };
    this.#snapshot = new ShardSnapshot(ground, new EnvelopeBlock(), hooks, 1);
    this.rows = rows;
  }

  /** The last epoch that the store holds. */
  get applied(): number {
    return this.#epochUnder(APPLIED_KEY);
  }

  #epochUnder(key: Uint8Array): number {
    const value = this.store.contents.get(Buffer.from(key).toString('latin1'));
    return value === undefined ? 0 : Number(Buffer.from(value).toString());
  }

  /** How many rows lie in the store. */
  get storedCount(): number {
    return [...this.store.contents.keys()].filter((key) => key.startsWith(BASE)).length;
  }

  get isCutting(): boolean {
    return this.#snapshot.isUnderWay;
  }

  /** Encodes what it can before the cut. */
  goAhead(): void {
    while (this.#snapshot.workAhead((this.cutEpoch + 1) as Epoch) > 0);
  }

  cut(): void {
    this.#snapshot.begin(++this.cutEpoch as Epoch);
  }

  finishCut(): void {
    this.#snapshot.closeChannels();
    while (this.#snapshot.isUnderWay) this.#snapshot.work();
  }

  /** All that is written is committed. */
  commit(): void {
    const last = this.#written.at(-1);
    if (last === undefined) return;
    this.#committedDelta = last;
    this.committedEpoch = this.#baseEpoch + last.epoch;
    this.fold.committed(last.epoch);
  }

  /** A whole checkpoint. */
  checkpoint(): void {
    this.cut();
    this.finishCut();
    this.commit();
  }

  /** One round, to its end. */
  async foldAll(): Promise<void> {
    this.fold.force();
    while (this.fold.hasWork || this.fold.isWriting) await this.foldStep();
  }

  async foldStep(): Promise<void> {
    this.fold.work();
    await settle();
  }

  /** Everything ends here; what was being written to the store never came there. */
  crash(): void {
    const { contents } = this.store;
    this.store = new HeldStore();
    for (const [key, value] of contents) this.store.contents.set(key, value);
    this.#start();
  }

  set(key: string, value: unknown): void {
    this.rows.set(BASE + key, value);
  }

  get(key: string): unknown {
    return this.rows.get(BASE + key);
  }

  erase(prefix: string): void {
    this.rows.erase(BASE + prefix);
  }

  async all(): Promise<[string, unknown][]> {
    return await collect(this.rows.scan(BASE, END));
  }
}
