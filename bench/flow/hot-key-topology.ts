/**
 * Hot keys for the rivals: all-to-all whose targets are drawn by Zipf's law.
 */
import type { Hop } from './all-to-all-topology.ts';
import { entityIds } from './entity-ids.ts';
import type { HotKeySpec, Send, Tally, Topology } from './topology.ts';
import { ZipfDraw } from './zipf-draw.ts';

export class HotKeyTopology implements Topology<Hop> {
  readonly ids: readonly string[];
  readonly censusMessage: Hop = { hops: -1 };
  readonly #draw: ZipfDraw;

  constructor({ entities }: HotKeySpec, thread: number) {
    this.ids = entityIds(entities);
    this.#draw = new ZipfDraw(entities, thread + 1);
  }

  messagesPerChain(rounds: number): number {
    return rounds + 1;
  }

  begin(_chain: number, rounds: number, send: Send<Hop>): void {
    send(this.nextId(), { hops: rounds });
  }

  receive(tally: Tally, { hops }: Hop, send: Send<Hop>): void {
    tally.count++;
    if (hops > 0) send(this.nextId(), { hops: hops - 1 });
  }

  nextId(): string {
    return this.ids[this.#draw.next()];
  }
}
