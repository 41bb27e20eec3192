/**
 * A shard: it alone owns its entities (I1), and one call of `doWork` is one turn of its duty cycle. It knows no thread
 * and no clock but the one it is given: a worker thread turns it, and so does the simulation, on one thread, from a seed.
 *
 * A turn takes a bounded number of envelopes from every channel and from the mailbox (I10), and ends with `flush`, which
 * shows all effects of the turn to the other threads at once. It never waits for anything (I7).
 */
import { assert } from '../base/assert.ts';
import type { EnvelopeHandler, InboundChannel } from '../channel/inbound-channel.ts';
import type { Mesh } from '../channel/mesh.ts';
import type { Module } from '../sdk/module.ts';
import { EntityTable } from '../state/entity-table.ts';
import { KIND_MESSAGE, KIND_REQUEST, WORD_HASH, WORD_KIND } from '../wire/envelope-layout.ts';
import { EnvelopeReader } from '../wire/envelope-reader.ts';
import { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { MessageGate } from '../wire/message-gate.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { Companions } from './companions.ts';
import { Credit } from './credit.ts';
import type { CallCounts } from './delivery/call-counts.ts';
import { Delivery } from './delivery/delivery.ts';
import { DirtyEntities } from './durable/dirty-entities.ts';
import type { Durability } from './durable/durability.ts';
import { EFFECT_STRIDE } from './invocation/effects.ts';
import { type ExpirySweep, newExpirySweep } from './rows/expiry-sweep.ts';
import { Directory } from './function-binding.ts';
import { Invoker } from './invocation/invoker.ts';
import { Mailbox } from './delivery/mailbox.ts';
import { MailboxDrain } from './delivery/mailbox-drain.ts';
import { OutboundChannels } from './outbound-channels.ts';
import { Outbox } from './outbox.ts';
import { Rows } from './rows/rows.ts';
import type { ShardMarkers } from './durable/shard-markers.ts';
import type { ShardOptions } from './shard-options.ts';
import type { Timers } from './time/timers.ts';
import { newDurability, newMarkers } from './durable/new-durability.ts';
import { newWorkplace } from './new-workplace.ts';
import { newRequests } from './requests/new-requests.ts';
import type { RequestOrder, Requests } from './requests/requests.ts';

/** Envelopes per channel and turn. Enough to make a turn's fixed costs small, few enough for a turn to be short. */
const BATCH_COUNT_DEFAULT = 256;
/** Effects that are let go before the end of a turn. */
const DISPATCH_LENGTH = 64 * EFFECT_STRIDE;
const NO_CHANNELS: readonly InboundChannel[] = [];

export class Shard implements EnvelopeHandler {
  readonly #mesh: Mesh;
  readonly #credit: Credit;
  readonly #batchCount: number;
  readonly #inbound: readonly InboundChannel[];
  readonly #fromCoordinator: InboundChannel;
  readonly #outbound: OutboundChannels;
  readonly #mailbox: Mailbox;
  readonly #outbox: Outbox;
  readonly #invoker: Invoker;
  readonly #requests: Requests;
  /** What this shard keeps of its entities. */
  readonly entities: EntityTable = new EntityTable();
  readonly #reader: EnvelopeReader;
  /** What this shard keeps in rows. */
  readonly rows: Rows = new Rows(new DirtyEntities());
  readonly timers: Timers;
  readonly #durability: Durability | undefined;
  readonly #markers: ShardMarkers | undefined;
  readonly #delivery: Delivery;
  readonly #sweep: ExpirySweep;
  readonly #mailboxDrain: MailboxDrain;
  /** What lives beside this shard. */
  readonly companions: Companions;
  readonly calls: CallCounts;
  #onProgress: () => void = () => {};

  constructor(module: Module, mesh: Mesh, options: ShardOptions) {
    const { storage, overflowBytesMax, mailboxCountMax, development, durable } = options;
    const codec = new PayloadCodec(options.messageBytesMax, mesh.shapes);
    const gate = new MessageGate(codec, development);
    const writer = new EnvelopeWriter(codec);
    this.#mesh = mesh;
    this.#batchCount = options.batchCount ?? BATCH_COUNT_DEFAULT;
    this.#inbound = mesh.inbound(this);
    this.#fromCoordinator = this.#inbound.at(-1) as InboundChannel;
    this.#credit = new Credit(mesh, this.#fromCoordinator, options.creditCount);
    this.#outbound = new OutboundChannels(mesh, mesh.outbound(storage, overflowBytesMax));
    this.#mailbox = new Mailbox(mailboxCountMax, storage, overflowBytesMax);
    this.#outbox = new Outbox(mesh.thread, mesh.shardCount, this.#outbound.byThread, writer, gate, this.#mailbox);
    this.#reader = new EnvelopeReader(codec);
    const directory = new Directory(module, mesh.types);
    const { effects } = this.#outbox;
    this.#durability =
      durable &&
      newDurability(durable, {
        mesh,
        directory,
        writer,
        rows: this.rows,
        entities: this.entities,
        markers: () => this.#markers,
        invoker: () => this.#invoker,
        progressed: () => this.#onProgress(),
      });
    const recoveredCount = this.#durability?.recovered.messages.moveInto(this.#mailbox, mesh.shapes) ?? 0;
    this.#outbox.producedCount = recoveredCount;
    const parts = { mailbox: this.#mailbox, reader: this.#reader, writer, effects, outbound: this.#outbound };
    const ground = { ...parts, directory, gate, rows: this.rows, entities: this.entities, codec, mesh };
    const room = (): number => options.creditCount - this.chargedCount;
    const workplace = newWorkplace(ground, options, { room, progressed: () => this.#onProgress() });
    this.timers = workplace.timers;
    this.#invoker = new Invoker(workplace, this.entities, this.#durability?.encodeInput);
    const requested = { ...parts, workplace, room, store: durable?.store, companions: () => this.companions };
    const storeSoon = (): void => this.#durability?.storeSoon();
    this.#requests = newRequests(mesh, { ...requested, storeSoon }, () => this.#onProgress());
    this.calls = this.#invoker.held.bounds.calls;
    this.#delivery = new Delivery(directory, this.#reader, writer, this.#invoker, workplace.failures, this.#durability);
    this.#sweep = newExpirySweep(workplace, mesh, this.#delivery, this.#invoker, () => this.#onProgress());
    this.#markers =
      this.#durability &&
      newMarkers(this.#durability, { ...parts, mesh, invoker: this.#invoker, outbox: this.#outbox });
    this.#mailboxDrain = new MailboxDrain({
      ...parts,
      entities: this.entities,
      delivery: this.#delivery,
      batches: this.#invoker.held.batches,
      markers: this.#markers,
      durability: this.#durability,
      recoveredCount,
      dispatchMany: () => this.#dispatchMany(),
    });
    // Counted before anybody is told that this shard is there: from then on nobody may think that all is quiet.
    mesh.counters.publishProduced(mesh.thread, recoveredCount);
    this.#credit.publish(this.chargedCount);
    mesh.counters.declarePresent(mesh.thread);
    const place = { shard: mesh.thread, shardCount: mesh.shardCount, effects, progressed: () => this.#onProgress() };
    this.companions = new Companions(module.functions, place);
    this.companions.start();
  }

  /** One turn of the duty cycle. Returns how much there was to do; 0 means that the shard may rest. */
  doWork(): number {
    const { isRecovering } = this.#mailboxDrain;
    // What is over its memory takes no more messages for a while.
    const batchCount = this.#durability?.isHolding === true ? 0 : this.#batchCount;
    let workCount = this.companions.work() + this.#invoker.settle() + this.#delivery.goOn(isRecovering);
    workCount += this.timers.work(this.#batchCount) + (this.#durability?.fetch.work() ?? 0);
    for (const channel of isRecovering ? NO_CHANNELS : this.#inbound) workCount += channel.drain(batchCount);
    workCount += this.#mailboxDrain.drain(batchCount);
    workCount += this.#requests.work() + this.#sweep.work() + (this.#durability?.work() ?? 0);
    if (workCount === 0) workCount = this.#durability?.workAhead() ?? 0;
    return workCount + this.#flush();
  }

  /** Async invocations that are under way, and what is known of their deadlines. */
  get underWay(): Readonly<Pick<Invoker, 'busyCount' | 'ended'>> {
    return this.#invoker;
  }

  /** How long there is nothing to do if nothing comes. */
  get restMs(): number {
    return Math.min(this.#invoker.restMs, this.timers.restMs, this.#durability?.restMs ?? Number.POSITIVE_INFINITY);
  }

  /** Whether something is under way whose end comes through the event loop. */
  get isWaiting(): boolean {
    return this.#invoker.isWaiting || this.isWaitingForStore;
  }

  /** Whether some of that is the store's, which is quick: worth looking for often. */
  get isWaitingForStore(): boolean {
    if (this.#durability?.isWaiting === true || this.timers.isReading) return true;
    return this.#sweep.isWaiting || this.#requests.isWaiting;
  }

  /** Calls back when something that was under way has ended and a turn is due. */
  set onSettled(callback: () => void) {
    this.#invoker.onSettled = callback;
    this.#onProgress = callback;
  }

  /** Closes what the durable side has open. What was not committed is left as it is. */
  async close(): Promise<void> {
    this.#invoker.held.abortAll();
    await Promise.all([this.companions.stop(), this.#durability?.close()]);
  }

  /** Whether a further turn would find work, apart from what has to wait; for the runner, before it lets its thread sleep. */
  get hasWork(): boolean {
    if (this.#invoker.hasSettled || this.#durability?.hasWork === true || this.timers.restMs <= 0) return true;
    if (this.#sweep.hasWork || this.#requests.hasWork || this.companions.hasWork) return true;
    if (this.#outbound.canMove || this.#durability?.isHolding === true) return this.#outbound.canMove;
    return this.#mailbox.count > 0 || this.#inbound.some((channel) => channel.hasFrames);
  }

  /** Envelopes inside this shard that are not finished. */
  get backlogCount(): number {
    const { held, busyCount } = this.#invoker;
    return this.#mailbox.count + held.waitingCount + busyCount + this.#outbound.waitingCount;
  }

  /** Those of them that its credit to the coordinator is reckoned from: all but what waits where it is flooded. */
  get chargedCount(): number {
    return this.backlogCount - this.#invoker.held.floodedCount;
  }

  /** Bytes in memory of what did not fit into rings and mailbox. */
  get overflowBytes(): number {
    return this.#mailbox.memoryBytes + this.#invoker.held.memoryBytes + this.#outbound.memoryBytes;
  }

  // -- in

  onEnvelope(words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number, from: number): void {
    const reader = this.#reader;
    reader.wrap(words, bytes, offsetBytes, byteLength);
    if (reader.kind !== KIND_MESSAGE) {
      if (reader.kind === KIND_REQUEST) return this.#requests.begin(reader.payload() as RequestOrder);
      assert(this.#markers !== undefined, 'checkpoints are made where there is a data directory');
      this.#markers.onControl(reader.kind, reader.payload(), from);
      return;
    }
    // Before user code sees the message: what belongs to the snapshot is what was sent (I6).
    if (this.#markers?.isRecording === true && this.#markers.records(from)) {
      this.#durability?.record(words, offsetBytes >> 2, byteLength);
    }
    this.#delivery.deliverEnvelope();
  }

  /** The same for envelopes that lie ahead in a ring. */
  onAhead(words: Int32Array, offsetBytes: number): void {
    const at = offsetBytes >> 2;
    this.entities.expect(words[at + WORD_KIND] >>> 16, words[at + WORD_HASH]);
  }

  onAheadEnd(): void {
    this.entities.fetch();
    this.#dispatchMany();
  }

  /** Effects are let go while they are still in the innermost cache; the rest, at the end of the turn. */
  #dispatchMany(): void {
    if (this.#outbox.effects.length >= DISPATCH_LENGTH) this.#outbound.showAwaited(this.#outbox.dispatch());
  }

  // -- out

  /** Shows the effects of this turn to the other threads. The order of the counters matters; see `metrics/counters.ts`. */
  #flush(): number {
    this.#outbox.dispatch();
    const { counters, thread } = this.#mesh;
    counters.publishProduced(thread, this.#outbox.producedCount);
    const movedCount = this.#outbound.flush(this.#batchCount);
    counters.publishConsumed(thread, this.#invoker.finishedCount);
    this.#mailbox.spill();
    this.#invoker.held.spill();
    this.#durability?.fetch.request();
    this.#mesh.declareLaden(this.#durability?.isLaden === true);
    this.#invoker.held.floods.adjust(this.#credit.publish(this.chargedCount));
    return movedCount;
  }
}
