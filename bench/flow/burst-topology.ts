/**
 * Sources and sinks for the rivals: a source sends a burst of messages to sinks; the sink that gets the last one of a
 * burst tells the source, which then sends the next. So the flow goes one way, and yet no source can run away from its
 * sinks: each chain has one burst under way. One-to-one, fan-in and fan-out differ only in how many there are of each.
 *
 * The last message of a burst goes to another sink each round, so that over time every sink holds its sources back.
 */
import { isWhole, makeBody } from './message-body.ts';
import type { BurstSpec, Send, Tally, Topology } from './topology.ts';

export interface Burst {
  /** Bursts still to come in this chain, the present one included; negative asks for a report. */
  readonly rounds: number;
  /** Whose burst this is. */
  readonly source: number;
  /** Which message of the burst this is; -1 on the way back to the source. */
  readonly item: number;
  /** Only where `--bytes` asks for it, and only on the way to sinks. */
  readonly body?: Uint8Array;
}

export class BurstTopology implements Topology<Burst> {
  readonly ids: readonly string[];
  readonly censusMessage: Burst = { rounds: -1, source: 0, item: 0 };
  readonly #spec: BurstSpec;

  constructor(spec: BurstSpec) {
    this.ids = [...spec.sources, ...spec.sinks];
    this.#spec = spec;
  }

  messagesPerChain(rounds: number): number {
    return 1 + rounds * (this.#spec.burst + 1);
  }

  begin(chain: number, rounds: number, send: Send<Burst>): void {
    const source = chain % this.#spec.sources.length;
    send(this.#spec.sources[source], { rounds, source, item: -1 });
  }

  receive(tally: Tally, message: Burst, send: Send<Burst>): void {
    const { sources, burst } = this.#spec;
    const { rounds, source, item } = message;
    if (isBurstWhole(this.#spec, message)) tally.count++;
    if (item < 0) sendBurst(this.#spec, rounds, source, send);
    else if (item === burst - 1) send(sources[source], { rounds: rounds - 1, source, item: -1 });
  }
}

export function sendBurst({ sinks, burst, bytes }: BurstSpec, rounds: number, source: number, send: Send<Burst>): void {
  if (rounds === 0) return;
  for (let item = 0; item < burst; item++) {
    const message = bytes === undefined ? { rounds, source, item } : { rounds, source, item, body: makeBody(bytes) };
    send(sinks[(item + rounds) % sinks.length], message);
  }
}

export function isBurstWhole({ bytes }: BurstSpec, { item, body }: Burst): boolean {
  if (bytes === undefined || item < 0) return true;
  return body !== undefined && isWhole(body, bytes);
}
