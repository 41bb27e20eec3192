/**
 * The coordinator's channels to one group of shards: what it sends goes out here, and what comes in is handed on. When
 * the shards go back to the last checkpoint, a new link takes the place of this one.
 */
import type { EnvelopeHandler, InboundChannel } from '../channel/inbound-channel.ts';
import type { Mesh } from '../channel/mesh.ts';
import type { OutboundChannel } from '../channel/outbound-channel.ts';
import { shardOfHash } from '../keys/key-group.ts';
import { EFFECT_STRIDE, type Effects } from '../shard/invocation/effects.ts';
import { Outbox } from '../shard/outbox.ts';
import { TYPE_NONE } from '../wire/envelope-layout.ts';
import { EnvelopeWriter } from '../wire/envelope-writer.ts';
import type { MessageGate } from '../wire/message-gate.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { formOf } from '../wire/structured-data.ts';
import type { CoordinatorOptions } from './coordinator-options.ts';
import type { ReplayLog } from './replay-log.ts';

const BATCH_COUNT_DEFAULT = 256;
/** Effects of an ingress that are let go at once. */
const DISPATCH_LENGTH = 64 * EFFECT_STRIDE;

export interface LinkPlace {
  readonly options: CoordinatorOptions;
  readonly handler: EnvelopeHandler;
  readonly writer: EnvelopeWriter;
  readonly gate: MessageGate;
  readonly replayLog: ReplayLog | undefined;
}

export class ShardLink {
  /** What was sent and not yet let go. */
  readonly effects: Effects;
  /** Envelopes that were received, modulo 2^32; the handler counts. */
  consumedCount = 0;

  readonly #mesh: Mesh;
  readonly #writer: EnvelopeWriter;
  readonly #controls: EnvelopeWriter;
  readonly #inbound: readonly InboundChannel[];
  readonly #outbound: readonly OutboundChannel[];
  readonly #outbox: Outbox;
  readonly #batchCount: number;

  constructor(mesh: Mesh, { options, handler, writer, gate, replayLog }: LinkPlace) {
    const outbound = mesh.outbound(options.storage, options.overflowBytesMax);
    this.#mesh = mesh;
    this.#writer = writer;
    this.#controls = new EnvelopeWriter(new PayloadCodec(Number.MAX_SAFE_INTEGER));
    this.#batchCount = options.batchCount ?? BATCH_COUNT_DEFAULT;
    this.#inbound = mesh.inbound(handler);
    this.#outbound = outbound.filter((channel) => channel !== undefined);
    this.#outbox = new Outbox(mesh.thread, mesh.shardCount, outbound, writer, gate, undefined, replayLog);
    this.effects = this.#outbox.effects;
  }

  drain(): number {
    let count = 0;
    for (const channel of this.#inbound) count += channel.drain(this.#batchCount);
    return count;
  }

  /** All that `work` sends, or nothing of it. */
  transact(work: () => void): void {
    const { effects } = this;
    const before = effects.length;
    try {
      work();
    } catch (error) {
      effects.cutBack(before);
      throw error;
    }
    if (effects.length >= DISPATCH_LENGTH) this.dispatch();
  }

  dispatch(): void {
    this.#outbox.dispatch();
  }

  /** Shows what was sent to the shards. */
  flush(): number {
    this.#outbox.dispatch();
    const { counters, thread } = this.#mesh;
    counters.publishProduced(thread, this.#outbox.producedCount);
    let movedCount = 0;
    let cramped = false;
    for (const channel of this.#outbound) {
      movedCount += channel.flush(this.#batchCount);
      cramped ||= channel.waitingCount > 0;
    }
    this.#mesh.declareCramped(cramped);
    counters.publishConsumed(thread, this.consumedCount);
    return movedCount;
  }

  /** Puts something that is no message on the channels to all shards, behind what is there. */
  sendControl(kind: number, payload: unknown): void {
    for (let shard = 0; shard < this.#mesh.shardCount; shard++) this.sendControlTo(shard, kind, payload);
  }

  /** The same on the channel to one shard. It may be longer than messages may. */
  sendControlTo(shard: number, kind: number, payload: unknown): void {
    this.#controls.write(kind, 0, 0, '', TYPE_NONE, '', payload, formOf(payload));
    this.#outbound[shard].append(this.#controls);
  }

  /** Sends again what an earlier group of shards was sent. */
  replay(log: ReplayLog): void {
    this.#outbox.producedCount = log.replay(
      this.#writer,
      (envelope, hash) => this.#outbound[shardOfHash(hash, this.#mesh.shardCount)].append(envelope),
      () => {
        for (const channel of this.#outbound) channel.spill();
      },
    );
  }

  get shardCount(): number {
    return this.#mesh.shardCount;
  }

  /** Messages that were sent and not yet flushed. */
  get sendCount(): number {
    return this.effects.length / EFFECT_STRIDE;
  }

  get hasWork(): boolean {
    return this.#inbound.some((channel) => channel.hasFrames) || this.#outbound.some((channel) => channel.canMove);
  }

  /** Whether all shards would take a further message at once. */
  get isOpen(): boolean {
    for (const channel of this.#outbound) if (!channel.isOpen) return false;
    return true;
  }

  /** Tells all shards whether somebody waits for their credit. */
  setWaiting(waiting: boolean): void {
    for (let shard = 0; shard < this.#mesh.shardCount; shard++) this.#mesh.counters.setWaiting(shard, waiting);
  }

  get isQuiescent(): boolean {
    const { counters, thread } = this.#mesh;
    // What was sent and not yet flushed is in flight, too.
    counters.publishProduced(thread, (this.#outbox.producedCount + this.sendCount) | 0);
    return counters.isQuiescent();
  }

  /** Whether any shard has written so much that a checkpoint should not be waited for. */
  get isLaden(): boolean {
    const { counters, shardCount } = this.#mesh;
    for (let shard = 0; shard < shardCount; shard++) if (counters.isLaden(shard)) return true;
    return false;
  }

  /** Changes when anybody sends or finishes anything. */
  get activity(): number {
    return this.#mesh.counters.activity();
  }
}
