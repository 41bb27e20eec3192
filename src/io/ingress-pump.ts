/**
 * Reads one ingress and routes its records. A record is taken only while the gate is open, which is how back-pressure
 * reaches the outside (I7). Routing one record is one transaction: all of its messages are sent, or none.
 */
import { setImmediate } from 'node:timers/promises';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { AnyIngress, AnyRouter, RouterSend } from '../sdk/ingress.ts';

/** What a pump needs of the coordinator. */
export interface IngressGate {
  /** Undefined when a record may be taken now, else resolves when one may. */
  admission(): Promise<void> | undefined;
  /** Sends of one record: all or none. */
  transact(work: () => void): void;
  send: RouterSend;
  flush(): void;
  reportError(error: MillraceError): void;
}

/** Records between two looks at the event loop, so that a fast source cannot keep the thread to itself (I10). */
const TURN_COUNT = 512;

export class IngressPump {
  /** Records taken so far. */
  recordCount = 0;
  readonly #ingress: AnyIngress;
  readonly #routers: readonly AnyRouter[];
  readonly #gate: IngressGate;
  readonly #abort = new AbortController();

  constructor(ingress: AnyIngress, routers: readonly AnyRouter[], gate: IngressGate) {
    this.#ingress = ingress;
    this.#routers = routers;
    this.#gate = gate;
  }

  /** Takes no further record. */
  stop(): void {
    this.#abort.abort();
  }

  /** Resolves when the source has ended, failed (which is reported) or been stopped. */
  async run(): Promise<void> {
    const { signal } = this.#abort;
    const { source, type } = this.#ingress;
    if (source === undefined) return;
    try {
      const hooks = { signal, skipped: (error: MillraceError) => this.#gate.reportError(error) };
      for await (const { records } of source.read(undefined, hooks)) {
        for (const record of records) {
          if (signal.aborted) return;
          let admission = this.#gate.admission();
          while (admission !== undefined) {
            // Credit comes back only for what the shards can see.
            this.#gate.flush();
            await admission;
            if (signal.aborted) return;
            admission = this.#gate.admission();
          }
          this.#route(record);
          if (++this.recordCount % TURN_COUNT === 0) await this.#turn();
        }
        this.#gate.flush();
      }
    } catch (cause) {
      if (signal.aborted) return;
      const reason = cause instanceof Error ? cause.message : describe(cause);
      const details = { ingress: type, ...(cause instanceof MillraceError ? cause.details : {}) };
      const what = `The ingress "${type}" failed: ${reason}`;
      this.#gate.reportError(new MillraceError('INGRESS_FAILED', what, { cause, details }));
    }
  }

  async #turn(): Promise<void> {
    this.#gate.flush();
    await setImmediate();
  }

  #route(record: unknown): void {
    for (const router of this.#routers) {
      try {
        this.#gate.transact(() => router.route(record, this.#gate.send));
      } catch (cause) {
        const { type } = this.#ingress;
        const reason = cause instanceof Error ? cause.message : describe(cause);
        const what = `A router of ingress "${type}" threw at record ${this.recordCount + 1}: ${reason}`;
        this.#gate.reportError(
          new MillraceError('ROUTER_FAILED', what, { cause, details: { record: this.recordCount + 1 } }),
        );
      }
    }
  }
}
