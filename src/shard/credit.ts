/**
 * A shard's side of back-pressure: how many envelopes in all the coordinator may have sent to it. Credit only grows, as
 * work gets done, as long as not too much waits in the shard; between shards there is none (I7).
 */
import type { InboundChannel } from '../channel/inbound-channel.ts';
import type { Mesh } from '../channel/mesh.ts';

export class Credit {
  readonly #mesh: Mesh;
  readonly #fromCoordinator: InboundChannel;
  readonly #backlogCountMax: number;
  /** What was granted last, modulo 2^32. */
  #granted = 0;

  constructor(mesh: Mesh, fromCoordinator: InboundChannel, backlogCountMax: number) {
    this.#mesh = mesh;
    this.#fromCoordinator = fromCoordinator;
    this.#backlogCountMax = backlogCountMax;
  }

  /** Grants what there is room for beside the envelopes that wait in the shard. Returns that room. */
  publish(backlogCount: number): number {
    const room = Math.max(0, this.#backlogCountMax - backlogCount);
    const grant = (this.#fromCoordinator.envelopeCount + room) | 0;
    if (((grant - this.#granted) | 0) <= 0) return room;
    this.#granted = grant;
    const { counters, thread, coordinator } = this.#mesh;
    counters.publishCredit(thread, grant);
    if (counters.isWaiting(thread) || counters.isCramped(coordinator)) this.#ringCoordinator(room);
    return room;
  }

  /** As long as most of what may wait here does, there is no hurry: the shard has enough to do. */
  #ringCoordinator(room: number): void {
    const bell = this.#mesh.doorbell(this.#mesh.coordinator);
    if (room * 2 < this.#backlogCountMax) bell.ringUnhurried();
    else bell.ring();
  }
}
