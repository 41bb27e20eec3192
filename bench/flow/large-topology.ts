/**
 * Large messages for the rivals: all-to-all whose messages carry a body. An entity hands on the very body that it got.
 */
import { entityIds, TargetDraw } from './entity-ids.ts';
import type { LargeSpec, Send, Tally, Topology } from './topology.ts';

export interface Parcel {
  /** How often this message is still to be passed on; negative asks for a report. */
  readonly hops: number;
  readonly body: Uint8Array;
}

export class LargeTopology implements Topology<Parcel> {
  readonly ids: readonly string[];
  readonly censusMessage: Parcel = { hops: -1, body: new Uint8Array(0) };
  readonly #draw: TargetDraw;
  readonly #body: Uint8Array;

  constructor({ entities, bytes }: LargeSpec, thread: number) {
    this.ids = entityIds(entities);
    this.#draw = new TargetDraw(this.ids, thread);
    this.#body = Uint8Array.from({ length: bytes }, (_, index) => (index * 37) & 0xff);
  }

  messagesPerChain(rounds: number): number {
    return rounds + 1;
  }

  begin(_chain: number, rounds: number, send: Send<Parcel>): void {
    // One of its own, since many messages of one post that share a body are copied as one.
    send(this.#draw.next(), { hops: rounds, body: this.#body.slice() });
  }

  receive(tally: Tally, { hops, body }: Parcel, send: Send<Parcel>): void {
    // A body that lost a part, or came back altered, does not count.
    if (body.length === this.#body.length && body.at(-1) === this.#body.at(-1)) tally.count++;
    if (hops > 0) send(this.#draw.next(), { hops: hops - 1, body });
  }
}
