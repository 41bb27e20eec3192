/**
 * A scrub of a shard's store, as a request: reading happens on other threads, checksums are compared between turns, and
 * each slice says how many entries have been read since the last one.
 */
import { CheckedStore, type ScrubReport } from '../../store/checked-store.ts';
import type { StateStore } from '../../store/state-store.ts';
import { type Failure, failureOf } from '../failing/failure.ts';
import type { RequestTopics, RequestWork, Slice } from './requests.ts';

/** A report as it travels. */
export interface PortableScrubReport extends Omit<ScrubReport, 'failure'> {
  readonly failure: Failure | null;
}

const NOTHING: PortableScrubReport = { entryCount: 0, damagedCount: 0, damagedKeys: [], failure: null };

/** Without a data directory there is no store, and nothing to read. */
export function scrubTopics(store: StateStore | undefined, progressed: () => void): RequestTopics {
  return {
    'store.scrub': () =>
      store instanceof CheckedStore
        ? new Scrub(store, progressed)
        : { work: () => ({ count: 0, isDone: true, value: NOTHING }), hasWork: true, isWaiting: false },
  };
}

class Scrub implements RequestWork {
  #readCount = 0;
  #saidCount = 0;
  #report: PortableScrubReport | undefined;

  constructor(store: CheckedStore, progressed: () => void) {
    const onProgress = (readCount: number): void => {
      this.#readCount = readCount;
      progressed();
    };
    store.scrub(onProgress).then(
      ({ failure, ...report }) => this.#end(report, failure, progressed),
      (error: unknown) => this.#end({ ...NOTHING, entryCount: this.#readCount }, error, progressed),
    );
  }

  #end(report: Omit<ScrubReport, 'failure'>, failure: unknown, progressed: () => void): void {
    this.#readCount = report.entryCount;
    this.#report = { ...report, failure: failure === undefined ? null : failureOf(failure) };
    progressed();
  }

  get hasWork(): boolean {
    return this.#report !== undefined || this.#readCount > this.#saidCount;
  }

  get isWaiting(): boolean {
    return this.#report === undefined;
  }

  work(): Slice | undefined {
    if (!this.hasWork) return undefined;
    const count = this.#readCount - this.#saidCount;
    this.#saidCount = this.#readCount;
    return { count, isDone: this.#report !== undefined, value: this.#report };
  }
}
