/**
 * Carries out what the checkpoint machine decides: notes what a checkpoint has to remember, syncs what was written for
 * it, appends the manifest entry, and lets go of what waited for that (I5, I8). All files are synced from here, on
 * other threads, so that no shard waits for the disk.
 */
import { assert } from '../base/assert.ts';
import type { Epoch } from '../base/brand.ts';
import { EgressJournal, type EgressPosition, NEW_EGRESS, type WrittenDelta } from '../io/egress-journal.ts';
import type { PendingRecord } from '../io/pending-records.ts';
import type { EgressLedger } from '../io/egress-ledger.ts';
import type { IngressPosition } from '../io/ingress-pump.ts';
import type { SnapshotReport } from '../shard/durable/shard-snapshot.ts';
import { type CheckpointEntry, encodeEntry } from './checkpoint-entry.ts';
import type { CheckpointHooks, CheckpointOptions } from './checkpoint-hooks.ts';
import { type CheckpointDemand, CheckpointMachine } from './checkpoint-machine.ts';
import { CheckpointPhases } from './checkpoint-phases.ts';
import { CommitWaiters } from './commit-waiters.ts';
import type { DataDirectory } from './data-directory.ts';
import { DeltaFiles } from './delta-files.ts';
import { type CoordinatorSizes, DISK_SIZES } from './disk-sizes.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import { Savepoints } from './savepoint.ts';

/** What a checkpoint noted when it began. */
interface Noted {
  readonly epoch: Epoch;
  readonly ingresses: Record<string, IngressPosition>;
  readonly keys: readonly string[];
}

export class CheckpointRunner {
  readonly machine: CheckpointMachine;
  readonly phases: CheckpointPhases;
  readonly waiters: CommitWaiters = new CommitWaiters();
  readonly keys: IdempotencyKeys;
  readonly savepoints: Savepoints;
  /** Called when the next checkpoint may begin: whoever turns this may be asleep, since until then none was due. */
  onCommitted: () => void = () => {};

  readonly #data: DataDirectory;
  readonly #shardCount: number;
  readonly #ledgers: readonly EgressLedger[];
  readonly #options: CheckpointOptions;
  readonly #hooks: CheckpointHooks;
  readonly #files: DeltaFiles;
  /** The commit that is under way, or the last one; never rejects. */
  #committing: Promise<void> = Promise.resolve();
  #noted: Noted | undefined;
  #activityAtBegin: number | undefined;
  #acknowledgedAtBegin = 0;
  #isOrdered = false;
  #isClosed = false;
  /** Counts roll-backs, so that what was under way before one is not taken for what came after. */
  #run = 0;

  constructor(
    data: DataDirectory,
    shardCount: number,
    ledgers: readonly EgressLedger[],
    options: CheckpointOptions,
    hooks: CheckpointHooks,
  ) {
    this.#data = data;
    this.#shardCount = shardCount;
    this.#ledgers = ledgers;
    this.#options = options;
    this.#hooks = hooks;
    this.#files = new DeltaFiles(data.fileSystem);
    this.phases = new CheckpointPhases(options.clock, options.latencies);
    this.machine = new CheckpointMachine(shardCount, (data.lastEpoch + 1) as Epoch, options);
    this.keys = new IdempotencyKeys(options.keyCountMax, data.keys);
    this.savepoints = new Savepoints(data, shardCount, {
      order: () => this.#orderSoon(),
      openEpoch: () => this.machine.epoch,
      keys: () => this.keys.all(),
      sendControl: (kind, payload) => hooks.sendControl(kind, payload),
    });
  }

  /** The last epoch that is committed. */
  get lastEpoch(): number {
    return this.#data.lastEpoch;
  }

  /** Resolves when everything sent so far is committed. */
  order(): Promise<void> {
    this.#isOrdered = true;
    return this.waiters.next();
  }

  #orderSoon(): void {
    this.#isOrdered = true;
    this.onCommitted();
  }

  /** How long until the next checkpoint is due. */
  get dueInMs(): number {
    if (this.#isClosed) return Number.POSITIVE_INFINITY;
    if (this.#isOrdered && this.machine.isIdle) return 0;
    return this.machine.dueInMs(this.#options.clock.elapsedMs(), this.#demand());
  }

  #demand(): CheckpointDemand {
    const isAwaited =
      this.waiters.isAwaited || this.#hooks.isAwaited() || this.#ledgers.some(({ heldCount }) => heldCount > 0);
    const isChanged =
      this.#activityAtBegin !== this.#hooks.activity() || this.#acknowledgedAtBegin !== this.#acknowledgedCount();
    return { isAwaited, isChanged };
  }

  get #sizes(): CoordinatorSizes {
    return this.#options.sizes ?? DISK_SIZES;
  }

  #acknowledgedCount(): number {
    return this.#ledgers.reduce((sum, { acknowledgedCount }) => sum + acknowledgedCount, 0);
  }

  /** Begins a checkpoint if one is due. Returns whether it did. */
  beginIfDue(): boolean {
    const { dueInMs } = this;
    if (dueInMs > 0) {
      if (this.machine.endsSoon(this.#options.clock.elapsedMs(), dueInMs)) this.#files.syncAhead();
      return false;
    }
    this.#isOrdered = false;
    this.phases.begin();
    const epoch = this.machine.begin(this.#options.clock.elapsedMs());
    // What goes out before the markers is in this epoch, and so is what the ingresses had read for it.
    this.#hooks.sendMarkers(epoch);
    this.#noted = { epoch, ingresses: this.#hooks.ingressPositions(), keys: this.keys.endEpoch() };
    this.waiters.endEpoch();
    this.#activityAtBegin = this.#hooks.activity();
    this.#acknowledgedAtBegin = this.#acknowledgedCount();
    return true;
  }

  onReport(shard: number, report: SnapshotReport): void {
    const reports = this.machine.onReport(shard, report);
    if (reports === undefined) return;
    const noted = this.#noted;
    assert(noted !== undefined, 'what is reported was begun');
    this.#committing = this.#commit(reports, noted, this.#run).catch((cause: unknown) => this.#hooks.failed(cause));
  }

  async #commit(reports: readonly SnapshotReport[], noted: Noted, run: number): Promise<void> {
    const { epoch } = noted;
    this.phases.ended('snapshot');
    const written = reports.map((report, shard) => ({ ...report, directory: this.#data.shardDirectory(shard) }));
    this.#hooks.ended();
    const ended = this.#ledgers.map((ledger) => ledger.endEpoch(epoch));
    const deltas: WrittenDelta[] = [...written, ...ended.filter((delta) => delta !== undefined)];
    const [egresses] = await Promise.all([
      this.#egressPositions(),
      Promise.all(deltas.map((delta) => this.#files.sync(delta))),
    ]);
    this.phases.ended('sync');
    // The shards have failed meanwhile: what they reported may be lost with them.
    if (run !== this.#run || this.#isClosed) return;
    const entry: CheckpointEntry = {
      epoch,
      generation: this.#data.generation,
      shards: reports.map(({ location }) => location),
      ingresses: { ...this.#data.last?.ingresses, ...noted.ingresses },
      egresses: { ...this.#data.last?.egresses, ...egresses },
      keys: noted.keys,
    };
    await this.#append(entry);
    this.phases.ended('manifest');
    this.#release(entry);
  }

  async #append(entry: CheckpointEntry): Promise<void> {
    const { manifest } = this.#data;
    if (manifest.isLong(this.#sizes.manifestBytesMin)) {
      await manifest.replace(entry.epoch, encodeEntry({ ...entry, keys: this.keys.all() }));
    } else {
      await manifest.commit(entry.epoch, encodeEntry(entry));
    }
  }

  /** The entry is durable, and so its epoch is committed. */
  #release(entry: CheckpointEntry): void {
    this.#data.last = entry;
    this.machine.committed();
    this.keys.committed();
    for (const ledger of this.#ledgers) {
      const position = entry.egresses[ledger.type];
      if (position !== undefined) ledger.committed(position);
    }
    // Before the shards are told, which may fail: what is committed is committed for those who wait, too.
    this.waiters.committed();
    this.#hooks.committed(entry.epoch as Epoch);
    this.savepoints.committed(entry);
    // Who has begun to wait meanwhile would otherwise wait until something else happens.
    this.onCommitted();
  }

  async #egressPositions(): Promise<Record<string, EgressPosition>> {
    const positions = this.#ledgers.map(async (ledger) => [ledger.type, await ledger.position()] as const);
    const known = (await Promise.all(positions)).filter(([, position]) => position !== undefined);
    return Object.fromEntries(known) as Record<string, EgressPosition>;
  }

  /**
   * The shards have failed. Whether the checkpoint that was being committed exists is for the manifest to say, so that
   * is read anew; then all that is not committed is forgotten here.
   */
  async rollBack(): Promise<void> {
    this.#run++;
    await this.#committing;
    await this.#files.close();
    const epochBefore = this.#data.lastEpoch;
    await this.#data.reopen();
    if (this.#data.last !== undefined && this.#data.lastEpoch > epochBefore) this.#release(this.#data.last);
    this.#noted = undefined;
    this.machine.reset(this.#data.lastEpoch);
    this.waiters.rollBack();
    this.keys.rollBack(this.machine.epoch);
    this.#isOrdered = this.waiters.isAwaited;
    this.savepoints.rollBack();
    for (const ledger of this.#ledgers) ledger.rollBack(this.#openJournal(ledger.type, () => {}));
    this.#data.removeUncommitted(this.#shardCount);
  }

  /** Gives an egress its journal, and the records that an earlier run has left in it. */
  attachJournal(ledger: EgressLedger): void {
    const journal = this.#openJournal(ledger.type, (record) => ledger.restore(record));
    ledger.attachJournal(journal, this.#data.last?.egresses[ledger.type] ?? NEW_EGRESS);
  }

  /** Opens the journal of an egress as the last commit left it. */
  #openJournal(type: string, visit: (record: PendingRecord) => void): EgressJournal {
    const position = this.#data.last?.egresses[type] ?? NEW_EGRESS;
    const { fileSystem } = this.#data;
    const directory = this.#data.egressDirectory(type);
    const { journalSegmentBytes } = this.#sizes;
    return EgressJournal.open(fileSystem, directory, this.#options.shapes, position, visit, journalSegmentBytes);
  }

  /** Resolves when what was sent in this epoch is committed. */
  whenCommitted(epoch: number): Promise<void> | undefined {
    if (epoch <= this.#data.lastEpoch) return undefined;
    return epoch < this.machine.epoch ? this.waiters.ended() : this.waiters.next();
  }

  /** Nothing is committed any more; those who wait get the error. */
  async close(error: Error): Promise<void> {
    this.#isClosed = true;
    await this.#committing;
    this.waiters.fail(error);
    this.savepoints.close(error);
    await this.#files.close();
    for (const ledger of this.#ledgers) ledger.close();
    this.#data.close();
  }
}
