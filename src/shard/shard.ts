/**
 * A shard: it alone owns its entities (I1), and one call of `doWork` is one turn of its duty cycle. It knows no thread
 * and no clock but the one it is given: a worker thread turns it, and so does the simulation, on one thread, from a seed.
 *
 * A turn takes a bounded number of envelopes from every channel and from the mailbox, so that no entity can keep the
 * shard from its other duties (I10), and ends with `flush`, which shows all effects of the turn to the other threads at
 * once. It never waits for anything (I7).
 */
import { assert } from '../base/assert.ts';
import type { EnvelopeHandler, InboundChannel } from '../channel/inbound-channel.ts';
import type { Mesh } from '../channel/mesh.ts';
import type { OutboundChannel } from '../channel/outbound-channel.ts';
import type { Module } from '../sdk/module.ts';
import { Entity } from '../state/entity.ts';
import { type EntityTable, FETCH_COUNT_MAX } from '../state/entity-table.ts';
import { KIND_MESSAGE, TYPE_NONE, WORD_HASH, WORD_KIND } from '../wire/envelope-layout.ts';
import { EnvelopeReader } from '../wire/envelope-reader.ts';
import { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { MessageGate } from '../wire/message-gate.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { EFFECT_STRIDE } from './effects.ts';
import { Directory, type FunctionBinding } from './function-binding.ts';
import { ID_IN_ENVELOPE } from './invocation.ts';
import { Invoker } from './invoker.ts';
import { Mailbox, SLOT_HASH, SLOT_ID, SLOT_MESSAGE, SLOT_SOURCE_ID, SLOT_SOURCE_TYPE, SLOT_TYPE } from './mailbox.ts';
import { Outbox } from './outbox.ts';
import type { ShardOptions } from './shard-options.ts';

/** Envelopes per channel and turn. Enough to make a turn's fixed costs small, few enough for a turn to be short. */
const BATCH_COUNT_DEFAULT = 256;
/** Effects that are let go before the end of a turn. */
const DISPATCH_LENGTH = 64 * EFFECT_STRIDE;

export class Shard implements EnvelopeHandler {
  readonly #mesh: Mesh;
  readonly #creditCount: number;
  readonly #batchCount: number;
  readonly #inbound: readonly InboundChannel[];
  readonly #fromCoordinator: InboundChannel;
  readonly #outbound: readonly (OutboundChannel | undefined)[];
  readonly #mailbox: Mailbox;
  readonly #outbox: Outbox;
  readonly #invoker: Invoker;
  readonly #entities: EntityTable;
  readonly #reader: EnvelopeReader;
  readonly #bindings: readonly FunctionBinding[];
  #credit = 0;

  constructor(module: Module, mesh: Mesh, options: ShardOptions) {
    const { storage, overflowBytesMax, mailboxCountMax } = options;
    const codec = new PayloadCodec(options.messageBytesMax, mesh.shapes);
    const gate = new MessageGate(codec, options.development);
    const writer = new EnvelopeWriter(codec);
    this.#mesh = mesh;
    this.#creditCount = options.creditCount;
    this.#batchCount = options.batchCount ?? BATCH_COUNT_DEFAULT;
    this.#inbound = mesh.inbound(this);
    this.#fromCoordinator = this.#inbound.at(-1) as InboundChannel;
    this.#outbound = mesh.outbound(storage, overflowBytesMax);
    this.#mailbox = new Mailbox(mailboxCountMax, storage, overflowBytesMax);
    this.#outbox = new Outbox(mesh.thread, mesh.shardCount, this.#outbound, writer, gate, this.#mailbox);
    this.#reader = new EnvelopeReader(codec);
    const directory = new Directory(module);
    const { clock, development } = options;
    const { effects } = this.#outbox;
    this.#invoker = new Invoker({ directory, effects, gate, reader: this.#reader, clock, development });
    this.#entities = this.#invoker.entities;
    this.#bindings = directory.bindings;
    this.#publishCredit();
  }

  /** One turn of the duty cycle. Returns how much there was to do; 0 means that the shard may rest. */
  doWork(): number {
    let workCount = this.#invoker.settle();
    for (const channel of this.#inbound) workCount += channel.drain(this.#batchCount);
    workCount += this.#drainMailbox();
    return workCount + this.#flush();
  }

  /** What this shard keeps of its entities. */
  get entities(): EntityTable {
    return this.#entities;
  }

  /** Async invocations that are under way. */
  get busyCount(): number {
    return this.#invoker.busyCount;
  }

  /** Calls back when an async invocation has ended and a turn is due. */
  set onSettled(callback: () => void) {
    this.#invoker.onSettled = callback;
  }

  /** Whether a further turn would find work; for the runner, before it lets its thread sleep. */
  get hasWork(): boolean {
    if (this.#mailbox.count > 0 || this.#invoker.hasSettled) return true;
    return this.#inbound.some((channel) => channel.hasFrames) || this.#outbound.some((channel) => channel?.canMove);
  }

  /** Envelopes inside this shard that are not finished: what its credit to the coordinator is reckoned from. */
  get backlogCount(): number {
    let count = this.#mailbox.count + this.#invoker.heldCount + this.#invoker.busyCount;
    for (const channel of this.#outbound) if (channel !== undefined) count += channel.waitingCount;
    return count;
  }

  /** Bytes in memory of what did not fit into rings and mailbox. */
  get overflowBytes(): number {
    let bytes = this.#mailbox.memoryBytes;
    for (const channel of this.#outbound) if (channel !== undefined) bytes += channel.memoryBytes;
    return bytes;
  }

  // -- in

  onEnvelope(words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number): void {
    const reader = this.#reader;
    reader.wrap(words, bytes, offsetBytes, byteLength);
    assert(reader.kind === KIND_MESSAGE, 'shards receive messages only');
    const binding = this.#bindings[reader.targetType];
    assert(binding !== undefined, 'every thread numbers the same functions');
    const known = this.#entities.findTarget(reader);
    if (known?.isBusy === true) {
      const { sourceType } = reader;
      this.#invoker.hold(known, reader.payload(), sourceType, sourceType === TYPE_NONE ? '' : reader.sourceId());
      return;
    }
    const entity = known ?? new Entity(reader.targetType, reader.targetHash, reader.targetId());
    this.#invoker.invoke(binding, entity, known !== undefined, reader.payload(), reader.sourceType, ID_IN_ENVELOPE);
  }

  #drainMailbox(): number {
    const mailbox = this.#mailbox;
    let count = 0;
    while (mailbox.objectCount > 0 && count < this.#batchCount) {
      if (count % FETCH_COUNT_MAX === 0) this.#lookAhead();
      this.#deliverObject(mailbox.slots, mailbox.take());
      count++;
    }
    // Encoded envelopes are younger than all objects, and nothing became an object while there were any.
    while (mailbox.objectCount === 0 && count < this.#batchCount && mailbox.takeEncoded(this.#deliverEncoded)) count++;
    return count;
  }

  readonly #deliverEncoded = (words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number): void => {
    this.onEnvelope(words, bytes, offsetBytes, byteLength);
  };

  /** Brings the entities of the next messages into the processor's cache, all at the same time. */
  #lookAhead(): void {
    const { slots, objectCount } = this.#mailbox;
    const count = Math.min(objectCount, FETCH_COUNT_MAX);
    for (let index = 0; index < count; index++) {
      const at = this.#mailbox.at(index);
      this.#entities.expect(slots[at + SLOT_TYPE] as number, slots[at + SLOT_HASH] as number);
    }
    this.#entities.fetch();
    this.#dispatchMany();
  }

  /** The same for envelopes that lie ahead in a ring. */
  onAhead(words: Int32Array, offsetBytes: number): void {
    const at = offsetBytes >> 2;
    this.#entities.expect(words[at + WORD_KIND] >>> 16, words[at + WORD_HASH]);
  }

  onAheadEnd(): void {
    this.#entities.fetch();
    this.#dispatchMany();
  }

  /** Effects are let go while they are still in the innermost cache; the rest, at the end of the turn. */
  #dispatchMany(): void {
    if (this.#outbox.effects.length >= DISPATCH_LENGTH) this.#outbox.dispatch();
  }

  #deliverObject(slots: unknown[], at: number): void {
    const type = slots[at + SLOT_TYPE] as number;
    const hash = slots[at + SLOT_HASH] as number;
    const id = slots[at + SLOT_ID] as string;
    const message = slots[at + SLOT_MESSAGE];
    const sourceType = slots[at + SLOT_SOURCE_TYPE] as number;
    const sourceId = slots[at + SLOT_SOURCE_ID] as string;
    slots[at + SLOT_MESSAGE] = undefined;
    const known = this.#entities.find(type, hash, id);
    if (known?.isBusy === true) {
      this.#invoker.hold(known, message, sourceType, sourceId);
      return;
    }
    const binding = this.#bindings[type];
    this.#invoker.invoke(
      binding,
      known ?? new Entity(type, hash, id),
      known !== undefined,
      message,
      sourceType,
      sourceId,
    );
  }

  // -- out

  /** Shows the effects of this turn to the other threads. The order of the counters matters; see `metrics/counters.ts`. */
  #flush(): number {
    this.#outbox.dispatch();
    const { counters, thread } = this.#mesh;
    counters.publishProduced(thread, this.#outbox.producedCount);
    let movedCount = 0;
    let cramped = false;
    for (const channel of this.#outbound) {
      if (channel === undefined) continue;
      movedCount += channel.flush(this.#batchCount);
      cramped ||= channel.waitingCount > 0;
    }
    this.#mesh.declareCramped(cramped);
    counters.publishConsumed(thread, this.#invoker.finishedCount);
    this.#mailbox.spill();
    this.#publishCredit();
    return movedCount;
  }

  /** Credit grows as work gets done, as long as not too much waits here (I7). */
  #publishCredit(): void {
    const grant = (this.#fromCoordinator.envelopeCount + Math.max(0, this.#creditCount - this.backlogCount)) | 0;
    if (((grant - this.#credit) | 0) <= 0) return;
    this.#credit = grant;
    const { counters, thread, coordinator } = this.#mesh;
    counters.publishCredit(thread, grant);
    if (counters.isWaiting(thread) || counters.isCramped(coordinator)) this.#mesh.doorbell(coordinator).ring();
  }
}
