/**
 * Hands the records of one egress to its sink, a batch at a time, the next only after the last was written. The callback
 * of `engine.egress(x, callback)` is a sink too.
 */
import type { EgressSink } from '../sdk/egress.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { CarriedTrace } from '../sdk/trace.ts';
import type { EgressLedger } from './egress-ledger.ts';

const BATCH_COUNT = 256;

/**
 * What takes the records of an egress one by one; a promise that it returns is awaited before the next. `trace` is that of
 * the invocation which made the record; undefined if its message brought none.
 */
export type EgressCallback<Record> = (record: Record, sequence: number, trace: CarriedTrace | undefined) => unknown;

export interface EgressPumpHooks {
  /** Records have been taken: there may be room for more input. */
  progressed(): void;
  failed(error: MillraceError): void;
}

export class EgressPump {
  readonly #ledger: EgressLedger;
  readonly #sink: EgressSink<unknown>;
  readonly #hooks: EgressPumpHooks;
  readonly #running: Promise<void>;
  #stopping = false;
  #isAbandoned = false;

  /** Starts at once. */
  constructor(ledger: EgressLedger, sink: EgressSink<unknown>, hooks: EgressPumpHooks) {
    this.#ledger = ledger;
    this.#sink = sink;
    this.#hooks = hooks;
    this.#running = this.#run();
  }

  /** Hands over what is there, closes the sink, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#ledger.changed.raise();
    await this.#running;
  }

  /** Hands over nothing more, and closes the sink when what it is at has ended, which may be never. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    await this.stop();
  }

  async #run(): Promise<void> {
    try {
      await this.#sink.open?.(this.#ledger.sinkPosition);
      this.#ledger.syncSink = async () => this.#sink.sync?.();
      while (await this.#handOver());
      await this.#sink.close?.();
    } catch (cause) {
      await this.#release();
      if (this.#isAbandoned) return;
      const reason = cause instanceof Error ? cause.message : describe(cause);
      const what = `The sink of egress "${this.#ledger.type}" failed: ${reason}`;
      this.#hooks.failed(new MillraceError('EGRESS_FAILED', what, { cause }));
    }
  }

  /** Lets a sink that has failed close its files; its failure is known already. */
  async #release(): Promise<void> {
    try {
      await this.#sink.close?.();
    } catch {
      // What it failed of first is what counts.
    }
  }

  /** One batch, or a wait for one. False when all is done. */
  async #handOver(): Promise<boolean> {
    if (this.#isAbandoned) return false;
    const batch = this.#ledger.take(BATCH_COUNT);
    if (batch.records.length > 0) {
      await this.#sink.write(batch.records, batch.first, batch.traces);
      if (this.#isAbandoned) return false;
      // In one step: a checkpoint must never see one without the other.
      this.#ledger.acknowledge(this.#sink.position?.());
      this.#hooks.progressed();
      return true;
    }
    if (this.#stopping) return false;
    await this.#ledger.changed.next();
    return true;
  }
}

/** A sink that calls back for each record; a callback that returns a promise is awaited before the next record. */
export function callbackSink<Record>(callback: EgressCallback<Record>): EgressSink<Record> {
  return {
    async write(records, sequence, traces) {
      for (let index = 0; index < records.length; index++) {
        await callback(records[index], sequence + index, traces?.[index]);
      }
    },
  };
}
