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

/** How far an ingress has been routed: plain data. */
export interface IngressPosition {
  /** Where the source reads on, as it says it; undefined for its beginning. */
  readonly source: unknown;
  /** Records after that which have been routed already. */
  readonly skip: number;
}

export class IngressPump {
  /** Records taken so far. */
  recordCount = 0;
  readonly #ingress: AnyIngress;
  readonly #routers: readonly AnyRouter[];
  readonly #gate: IngressGate;
  readonly #abort = new AbortController();
  #position: unknown;
  /** Records since the position. */
  #sincePosition = 0;

  /** `from` is where an earlier run has left a replayable source. */
  constructor(ingress: AnyIngress, routers: readonly AnyRouter[], gate: IngressGate, from?: IngressPosition) {
    this.#ingress = ingress;
    this.#routers = routers;
    this.#gate = gate;
    this.#position = from?.source;
    this.#sincePosition = from?.skip ?? 0;
  }

  get type(): string {
    return this.#ingress.type;
  }

  /** What a checkpoint has to remember of it; nothing if its source cannot read again. */
  get position(): IngressPosition | undefined {
    if (this.#ingress.source?.replayable !== true) return undefined;
    return { source: this.#position, skip: this.#sincePosition };
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
      let skipCount = this.#sincePosition;
      for await (const { records, position } of source.read(this.#position, hooks)) {
        for (const record of records) {
          if (skipCount > 0) {
            skipCount--;
            continue;
          }
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
          this.#sincePosition++;
          if (++this.recordCount % TURN_COUNT === 0) await this.#turn();
        }
        if (skipCount === 0) {
          this.#position = position;
          this.#sincePosition = 0;
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
        this.#gate.reportError(routerFailed(this.#ingress.type, this.recordCount + 1, cause));
      }
    }
  }
}

/** What listeners hear of a router that threw at this record, counted from 1. */
export function routerFailed(ingressType: string, record: number, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : describe(cause);
  const what = `A router of ingress "${ingressType}" threw at record ${record}: ${reason}`;
  return new MillraceError('ROUTER_FAILED', what, { cause, details: { ingress: ingressType, record } });
}
