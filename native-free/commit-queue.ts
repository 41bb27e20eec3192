/**
 * Carries batches from their callers to the log and into the active memtable, in the order in which they were written.
 * Batches that come while a sync is under way share the next one. The entries go into the memtable while the disk works,
 * but readers see them only once they are durable (I5). A failed append or sync stops the store (I9).
 */
import type { FirstFailure } from '../src/store/first-failure.ts';
import { RECORD_HEADER_BYTES } from './log-layout.ts';
import type { LogWriter } from './log-writer.ts';
import type { Memtable } from './memtable.ts';
import { nextTurn, SLICE_ENTRIES } from './next-turn.ts';

interface Waiting {
  readonly record: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Where the queue writes to at the moment. */
export interface CommitTarget {
  readonly log: LogWriter;
  readonly memtable: Memtable;
}

export class CommitQueue {
  readonly #failure: FirstFailure;
  /** A group is cut here, so that it does not overflow the memtable by much; one batch may be longer. */
  readonly #groupBytesMax: number;
  /** Called before each group; waits, if need be, until there is room. */
  readonly #target: () => CommitTarget | Promise<CommitTarget>;
  #waiting: Waiting[] = [];
  #run: Promise<void> | undefined;

  constructor(failure: FirstFailure, groupBytesMax: number, target: () => CommitTarget | Promise<CommitTarget>) {
    this.#failure = failure;
    this.#groupBytesMax = groupBytesMax;
    this.#target = target;
  }

  /** Resolves when the record is durable and visible. */
  submit(record: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ record, resolve, reject });
    this.#run ??= this.#runAll();
    return promise;
  }

  /** Resolves when nothing is under way. */
  async drained(): Promise<void> {
    while (this.#run !== undefined) await this.#run;
  }

  async #runAll(): Promise<void> {
    // Batches of one turn share the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      let group: Waiting[] = [];
      try {
        this.#failure.check();
        const target = await this.#target();
        group = this.#takeGroup();
        await writeGroup(group, target);
        for (const { resolve } of group) resolve();
        if (this.#waiting.length === 0) target.log.appendNote();
      } catch (error) {
        this.#rejectAll(group, this.#failure.stop('Writing a batch', error));
      }
    }
    this.#run = undefined;
  }

  #takeGroup(): Waiting[] {
    let byteLength = 0;
    let count = 0;
    for (const { record } of this.#waiting) {
      if (count > 0 && byteLength + record.length > this.#groupBytesMax) break;
      byteLength += record.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #rejectAll(group: readonly Waiting[], error: Error): void {
    for (const { reject } of [...group, ...this.#waiting.splice(0)]) reject(error);
  }
}

async function writeGroup(group: readonly Waiting[], { log, memtable }: CommitTarget): Promise<void> {
  for (const { record } of group) log.append(record);
  const outcomes = await Promise.allSettled([log.sync(), insertAll(group, memtable)]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error;
  memtable.publish();
}

/** Adds all entries in slices. Many small batches share a slice, a large one takes several. */
async function insertAll(group: readonly Waiting[], memtable: Memtable): Promise<void> {
  let room = SLICE_ENTRIES;
  for (const { record } of group) {
    const load = memtable.load(record, RECORD_HEADER_BYTES, record.length);
    for (;;) {
      room -= load.step(room);
      if (room > 0) break;
      await nextTurn();
      room = SLICE_ENTRIES;
    }
  }
}
