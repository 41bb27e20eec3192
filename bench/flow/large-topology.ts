/**
 * Messages with a body, for the rivals: all-to-all, by Zipf's law or not, whose messages carry so many bytes. An entity
 * hands on the very body that it got.
 */
import { entityIds, TargetDraw } from './entity-ids.ts';
import { isWhole, makeBody } from './message-body.ts';
import type { LargeSpec, Send, Tally, Topology } from './topology.ts';
import { ZipfDraw } from './zipf-draw.ts';

export interface Parcel {
  /** How often this message is still to be passed on; negative asks for a report. */
  readonly hops: number;
  readonly body: Uint8Array;
}

export class LargeTopology implements Topology<Parcel> {
  readonly ids: readonly string[];
  readonly censusMessage: Parcel = { hops: -1, body: new Uint8Array(0) };
  readonly #next: () => string;
  readonly #bytes: number;

  constructor(spec: LargeSpec, thread: number) {
    this.ids = entityIds(spec.entities);
    this.#next = parcelTargets(spec, this.ids, thread);
    this.#bytes = spec.bytes;
  }

  messagesPerChain(rounds: number): number {
    return rounds + 1;
  }

  begin(_chain: number, rounds: number, send: Send<Parcel>): void {
    send(this.#next(), { hops: rounds, body: makeBody(this.#bytes) });
  }

  receive(tally: Tally, { hops, body }: Parcel, send: Send<Parcel>): void {
    if (isWhole(body, this.#bytes)) tally.count++;
    if (hops > 0) send(this.#next(), { hops: hops - 1, body });
  }
}

/** Whom parcels go to: the next one each time it is called. */
export function parcelTargets({ isSkewed }: LargeSpec, ids: readonly string[], thread: number): () => string {
  if (isSkewed) {
    const zipf = new ZipfDraw(ids.length, thread + 1);
    return () => ids[zipf.next()];
  }
  const draw = new TargetDraw(ids, thread);
  return () => draw.next();
}
