/**
 * Where everything leaves a thread, and the only place that decides where an envelope goes: the own mailbox, the channel
 * to another shard, or the coordinator. The coordinator's ingresses and a shard's invocations are both just producers
 * with an outbox.
 *
 * Invocations only add to `effects`; `dispatch`, between invocations, lets go of all that was added.
 */
import { assert } from '../base/assert.ts';
import type { OutboundChannel } from '../channel/outbound-channel.ts';
import { hashId } from '../keys/id-hash.ts';
import { shardOfHash } from '../keys/key-group.ts';
import { KIND_EGRESS, KIND_MESSAGE, TYPE_ASKER } from '../wire/envelope-layout.ts';
import type { EnvelopeWriter } from '../wire/envelope-writer.ts';
import type { MessageMeta } from '../wire/message-meta.ts';
import type { MessageGate } from '../wire/message-gate.ts';
import {
  EFFECT_FORM,
  EFFECT_ID,
  EFFECT_KIND,
  EFFECT_META,
  EFFECT_PAYLOAD,
  EFFECT_SOURCE_ID,
  EFFECT_SOURCE_TYPE,
  EFFECT_STRIDE,
  EFFECT_TYPE,
  Effects,
} from './invocation/effects.ts';
import type { Mailbox } from './delivery/mailbox.ts';

/** Keeps envelopes as they are sent. */
export interface EnvelopeLog {
  append(envelope: EnvelopeWriter): void;
}

export class Outbox {
  readonly effects: Effects;
  /** Envelopes ever sent from this thread, modulo 2^32. */
  producedCount = 0;

  readonly #thread: number;
  readonly #shardCount: number;
  readonly #channels: readonly (OutboundChannel | undefined)[];
  readonly #mailbox: Mailbox | undefined;
  readonly #writer: EnvelopeWriter;
  readonly #replayLog: EnvelopeLog | undefined;

  /**
   * `mailbox` is the shard's own; the coordinator has none and is never its own target. The coordinator may have a log
   * instead of what it has sent.
   */
  constructor(
    thread: number,
    shardCount: number,
    channels: readonly (OutboundChannel | undefined)[],
    writer: EnvelopeWriter,
    gate: MessageGate,
    mailbox: Mailbox | undefined,
    replayLog?: EnvelopeLog,
  ) {
    this.effects = new Effects(gate);
    this.#thread = thread;
    this.#shardCount = shardCount;
    this.#channels = channels;
    this.#writer = writer;
    this.#mailbox = mailbox;
    this.#replayLog = replayLog;
  }

  /** Sends all effects, in order. Returns how many envelopes were ever sent. */
  dispatch(): number {
    const { effects } = this;
    effects.lookAtIds();
    const { slots, length } = effects;
    for (let at = 0; at < length; at += EFFECT_STRIDE) {
      const kind = slots[at + EFFECT_KIND] as number;
      const payload = slots[at + EFFECT_PAYLOAD];
      slots[at + EFFECT_PAYLOAD] = undefined;
      this.#send(
        kind,
        slots[at + EFFECT_TYPE] as number,
        slots[at + EFFECT_ID] as string,
        payload,
        slots[at + EFFECT_SOURCE_TYPE] as number,
        slots[at + EFFECT_SOURCE_ID] as string,
        slots[at + EFFECT_FORM] as number,
        slots[at + EFFECT_META] as MessageMeta | undefined,
      );
    }
    this.producedCount = (this.producedCount + length / EFFECT_STRIDE + effects.announcedCount) | 0;
    effects.reset();
    return this.producedCount;
  }

  #send(
    kind: number,
    type: number,
    id: string,
    payload: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    const forShard = kind === KIND_MESSAGE && type !== TYPE_ASKER;
    const hash = forShard ? hashId(id) : 0;
    const thread = forShard ? shardOfHash(hash, this.#shardCount) : this.#shardCount;
    if (thread !== this.#thread) {
      const channel = this.#channels[thread];
      assert(channel !== undefined, 'there is a channel to every other thread (I2)');
      this.#writer.write(kind, type, hash, id, sourceType, sourceId, payload, form, meta);
      if (kind === KIND_EGRESS) channel.appendUnhurried(this.#writer);
      else channel.append(this.#writer);
      this.#replayLog?.append(this.#writer);
      return;
    }
    const mailbox = this.#mailbox;
    assert(mailbox !== undefined, 'the coordinator sends nothing to itself');
    if (mailbox.isCrowded) {
      this.#writer.write(kind, type, hash, id, sourceType, sourceId, payload, form, meta);
      mailbox.pushEncoded(this.#writer);
    } else {
      mailbox.push(type, hash, id, payload, sourceType, sourceId, form, meta);
    }
  }
}
