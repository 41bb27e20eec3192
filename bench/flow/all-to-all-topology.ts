/**
 * All-to-all for the rivals: every message counts at its entity and goes on to an entity drawn at random, until its hops
 * are used up.
 */
import { entityIds, TargetDraw } from './entity-ids.ts';
import type { AllToAllSpec, Send, Tally, Topology } from './topology.ts';

export interface Hop {
  /** How often this message is still to be passed on; negative asks for a report. */
  readonly hops: number;
}

export class AllToAllTopology implements Topology<Hop> {
  readonly ids: readonly string[];
  readonly censusMessage: Hop = { hops: -1 };
  readonly #draw: TargetDraw;

  constructor(spec: AllToAllSpec, thread: number) {
    this.ids = entityIds(spec.entities);
    this.#draw = new TargetDraw(this.ids, thread);
  }

  messagesPerChain(rounds: number): number {
    return rounds + 1;
  }

  begin(_chain: number, rounds: number, send: Send<Hop>): void {
    send(this.#draw.next(), { hops: rounds });
  }

  receive(tally: Tally, message: Hop, send: Send<Hop>): void {
    tally.count++;
    if (message.hops > 0) send(this.#draw.next(), { hops: message.hops - 1 });
  }
}
