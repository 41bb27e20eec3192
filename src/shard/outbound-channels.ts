/**
 * All channels by which things leave one shard, looked at as one: what of it waits for room, and the end of a turn, which
 * shows the others what the turn has sent.
 */
import type { Mesh } from '../channel/mesh.ts';
import type { OutboundChannel } from '../channel/outbound-channel.ts';
import { TYPE_NONE } from '../wire/envelope-layout.ts';
import { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { formOf } from '../wire/structured-data.ts';

export class OutboundChannels {
  /** By thread; none to the own one. */
  readonly byThread: readonly (OutboundChannel | undefined)[];
  readonly #mesh: Mesh;
  readonly #controls = new EnvelopeWriter(new PayloadCodec(Number.MAX_SAFE_INTEGER));

  constructor(mesh: Mesh, byThread: readonly (OutboundChannel | undefined)[]) {
    this.#mesh = mesh;
    this.byThread = byThread;
  }

  /** Puts something that is no message on the channel to a thread. It may be longer than messages may. */
  sendControl(kind: number, thread: number, payload: unknown): void {
    this.#controls.write(kind, 0, 0, '', TYPE_NONE, '', payload, formOf(payload));
    this.byThread[thread]?.append(this.#controls);
  }

  /** Envelopes that wait for room. */
  get waitingCount(): number {
    let count = 0;
    for (const channel of this.byThread) if (channel !== undefined) count += channel.waitingCount;
    return count;
  }

  /** Bytes in memory of what waits for room. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const channel of this.byThread) if (channel !== undefined) bytes += channel.memoryBytes;
    return bytes;
  }

  /** Whether `flush` may find room for something that waits. */
  get canMove(): boolean {
    return this.byThread.some((channel) => channel?.canMove);
  }

  /**
   * In the midst of a turn, between invocations (I5): shows what was sent to other shards that sleep for want of it, or
   * two shards that live on each other's messages would work by turns. All that was sent counts as produced before
   * anybody can receive it. The coordinator is left alone: it takes more from a busy machine by waking than it gains.
   */
  showAwaited(producedCount: number): void {
    this.#mesh.counters.publishProduced(this.#mesh.thread, producedCount);
    for (let thread = 0; thread < this.#mesh.shardCount; thread++) this.byThread[thread]?.showIfAwaited();
  }

  /** Shows what was sent, and moves at most `countMax` waiting envelopes a channel. Returns how many moved. */
  flush(countMax: number): number {
    let movedCount = 0;
    let cramped = false;
    for (const channel of this.byThread) {
      if (channel === undefined) continue;
      movedCount += channel.flush(countMax);
      cramped ||= channel.waitingCount > 0;
    }
    this.#mesh.declareCramped(cramped);
    return movedCount;
  }
}
