/**
 * Where everything leaves a thread, and the only place that decides where an envelope goes: the own mailbox, the channel
 * to another shard, or the coordinator. The coordinator's ingresses and a shard's invocations are both just producers
 * with an outbox.
 *
 * A transaction is the effects of one invocation (or of one routed record). Envelopes go straight to their place, behind
 * what is published; `commit` keeps them, `rollback` takes every one of them back (I5). So nothing is buffered and
 * copied twice, and a failed invocation still leaves nothing behind.
 */
import { assert } from '../base/assert.ts';
import type { OutboundChannel } from '../channel/outbound-channel.ts';
import type { Overflow } from '../wire/overflow.ts';
import { shardOfHash } from '../keys/key-group.ts';
import { KIND_MESSAGE, TYPE_ASKER } from '../wire/envelope-layout.ts';
import type { EnvelopeReader } from '../wire/envelope-reader.ts';
import type { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { copyMessage } from '../wire/structured-data.ts';
import {
  type Mailbox,
  SLOT_HASH,
  SLOT_ID,
  SLOT_MESSAGE,
  SLOT_SOURCE_ID,
  SLOT_SOURCE_TYPE,
  SLOT_TYPE,
} from './mailbox.ts';

export class Outbox {
  /** Envelopes ever sent from this thread and not taken back, modulo 2^32. */
  producedCount = 0;

  readonly #thread: number;
  readonly #shardCount: number;
  readonly #channels: readonly (OutboundChannel | undefined)[];
  readonly #mailbox: Mailbox | undefined;
  readonly #writer: EnvelopeWriter;
  #transaction = 0;
  #producedBefore = 0;
  readonly #touched: OutboundChannel[] = [];

  /** `mailbox` is the shard's own; the coordinator has none and is never its own target. */
  constructor(
    thread: number,
    shardCount: number,
    channels: readonly (OutboundChannel | undefined)[],
    writer: EnvelopeWriter,
    mailbox?: Mailbox,
  ) {
    this.#thread = thread;
    this.#shardCount = shardCount;
    this.#channels = channels;
    this.#writer = writer;
    this.#mailbox = mailbox;
  }

  begin(): void {
    this.#transaction = (this.#transaction + 1) | 0;
    this.#touched.length = 0;
    this.#producedBefore = this.producedCount;
    this.#mailbox?.mark();
  }

  /** Takes back everything since `begin`. */
  rollback(): void {
    for (const channel of this.#touched) channel.rollback();
    this.#touched.length = 0;
    this.#mailbox?.rollback();
    this.producedCount = this.#producedBefore;
  }

  /** A message to a function or an asker. Throws what the codec throws, with nothing sent. */
  send(type: number, hash: number, id: string, sourceType: number, sourceId: string, message: unknown): void {
    const thread = type === TYPE_ASKER ? this.#shardCount : shardOfHash(hash, this.#shardCount);
    if (thread === this.#thread && this.#mailbox !== undefined && !this.#mailbox.isCrowded) {
      this.#mailbox.push(type, hash, id, copyMessage(message), sourceType, sourceId);
    } else {
      this.#writer.write(KIND_MESSAGE, type, hash, id, sourceType, sourceId, message);
      this.#place(thread);
    }
    this.producedCount = (this.producedCount + 1) | 0;
  }

  /** Anything for the coordinator that is not a message: an egress record or a failure. */
  sendToCoordinator(
    kind: number,
    type: number,
    id: string,
    sourceType: number,
    sourceId: string,
    payload: unknown,
  ): void {
    this.#writer.write(kind, type, 0, id, sourceType, sourceId, payload);
    this.#place(this.#shardCount);
    this.producedCount = (this.producedCount + 1) | 0;
  }

  /** An envelope that an async invocation had put aside; `reader` lies over it. */
  sendEncoded(reader: EnvelopeReader, words: Int32Array, offsetBytes: number, byteLength: number): void {
    const forShard = reader.kind === KIND_MESSAGE && reader.targetType !== TYPE_ASKER;
    this.#writer.take(words, offsetBytes >> 2, byteLength);
    this.#place(forShard ? shardOfHash(reader.targetHash, this.#shardCount) : this.#shardCount);
    this.producedCount = (this.producedCount + 1) | 0;
  }

  /** Moves everything since `begin` into `effects`: the invocation turned out to be asynchronous after all. */
  takeBackInto(effects: Overflow): void {
    const writer = this.#writer;
    const keep = (words: Int32Array, _bytes: Uint8Array, offsetBytes: number, byteLength: number): void => {
      writer.take(words, offsetBytes >> 2, byteLength);
      effects.append(writer);
    };
    for (const channel of this.#touched) channel.forEachSinceMark(keep);
    this.#mailbox?.forEachSinceMark((at) => {
      this.#encodeSlot(at);
      effects.append(writer);
    }, keep);
    this.rollback();
  }

  /** Whether the channel to the owner of `hash` takes more at once. */
  isOpen(hash: number): boolean {
    return this.#channels[shardOfHash(hash, this.#shardCount)]?.isOpen ?? true;
  }

  #place(thread: number): void {
    if (thread === this.#thread) {
      assert(this.#mailbox !== undefined, 'the coordinator sends nothing to itself');
      this.#mailbox.pushEncoded(this.#writer);
      return;
    }
    const channel = this.#channels[thread];
    assert(channel !== undefined, 'there is a channel to every other thread (I2)');
    if (channel.mark(this.#transaction)) this.#touched.push(channel);
    channel.append(this.#writer);
  }

  #encodeSlot(at: number): void {
    const slots = (this.#mailbox as Mailbox).slots;
    this.#writer.write(
      KIND_MESSAGE,
      slots[at + SLOT_TYPE] as number,
      slots[at + SLOT_HASH] as number,
      slots[at + SLOT_ID] as string,
      slots[at + SLOT_SOURCE_TYPE] as number,
      slots[at + SLOT_SOURCE_ID] as string,
      slots[at + SLOT_MESSAGE],
    );
  }
}
