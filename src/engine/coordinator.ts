/**
 * The coordinator: the end of every channel that is not a shard. It sends for clients and ingresses, answers askers,
 * and keeps egress records for their consumers. Like a shard it is a duty cycle and knows no thread: the engine turns
 * it on the main thread, the simulation from a seed.
 */
import { unreachable } from '../base/assert.ts';
import { Signal } from '../base/signal.ts';
import type { SpillStorage } from '../base/spill.ts';
import type { EnvelopeHandler, InboundChannel } from '../channel/inbound-channel.ts';
import type { Mesh } from '../channel/mesh.ts';
import type { OutboundChannel } from '../channel/outbound-channel.ts';
import { EgressLedger } from '../io/egress-ledger.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import { type Failure, invocationFailed } from '../shard/failure.ts';
import { ASKER_TYPE, Directory } from '../shard/function-binding.ts';
import { EFFECT_STRIDE } from '../shard/effects.ts';
import { Outbox } from '../shard/outbox.ts';
import { KIND_EGRESS, KIND_FAILURE, KIND_MESSAGE, TYPE_ASKER, TYPE_NONE } from '../wire/envelope-layout.ts';
import { EnvelopeReader } from '../wire/envelope-reader.ts';
import { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { MessageGate } from '../wire/message-gate.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';

const BATCH_COUNT_DEFAULT = 256;
/** Effects of an ingress that are let go at once. */
const DISPATCH_LENGTH = 64 * EFFECT_STRIDE;

export interface CoordinatorOptions {
  readonly storage: SpillStorage;
  readonly messageBytesMax: number;
  readonly overflowBytesMax: number;
  /** Egress records that may wait for their consumers before input is held back. */
  readonly egressCountMax: number;
  /** Envelopes per channel and turn; a simulation takes few, to see more interleavings. */
  readonly batchCount?: number;
  /** Refuses messages that would lose something on the way. */
  readonly development: boolean;
}

export interface CoordinatorHooks {
  /** An invocation failed for which nobody waits. */
  invocationFailed(error: MillraceError): void;
  /** An egress holds input back; asked so that somebody can be told when it has no consumer. */
  egressCrowded(type: string): void;
}

export interface Asker {
  replied(message: unknown): void;
  failed(error: MillraceError): void;
}

export class Coordinator implements EnvelopeHandler {
  readonly directory: Directory;
  readonly ledgers: readonly EgressLedger[];

  readonly #mesh: Mesh;
  readonly #hooks: CoordinatorHooks;
  readonly #egressCountMax: number;
  readonly #batchCount: number;
  readonly #inbound: readonly InboundChannel[];
  readonly #outbound: readonly OutboundChannel[];
  readonly #outbox: Outbox;
  readonly #reader: EnvelopeReader;
  readonly #keeper: EnvelopeWriter;
  readonly #askers = new Map<string, Asker>();
  readonly #opened = new Signal();
  #askCount = 0;
  #consumedCount = 0;

  constructor(module: Module, mesh: Mesh, options: CoordinatorOptions, hooks: CoordinatorHooks) {
    const { storage, overflowBytesMax } = options;
    const codec = new PayloadCodec(options.messageBytesMax, mesh.shapes);
    const outbound = mesh.outbound(storage, overflowBytesMax);
    this.directory = new Directory(module);
    this.#mesh = mesh;
    this.#hooks = hooks;
    this.#egressCountMax = options.egressCountMax;
    this.#batchCount = options.batchCount ?? BATCH_COUNT_DEFAULT;
    this.#inbound = mesh.inbound(this);
    this.#outbound = outbound.filter((channel) => channel !== undefined);
    this.#outbox = new Outbox(
      mesh.coordinator,
      mesh.shardCount,
      outbound,
      new EnvelopeWriter(codec),
      new MessageGate(codec, options.development),
    );
    this.#reader = new EnvelopeReader(codec);
    this.#keeper = new EnvelopeWriter(codec);
    // Consumers decode whenever they like, so they have a reader of their own.
    const reader = new EnvelopeReader(codec);
    this.ledgers = module.egresses.map(({ type }) => new EgressLedger(type, storage, overflowBytesMax, reader));
  }

  // -- out

  /** Sends a message that nobody waits for. Throws a coded error, with nothing sent. */
  send(target: string | FunctionType<never>, id: string, message: unknown): void {
    this.#send(target, id, TYPE_NONE, '', message);
  }

  /** Sends a message whose reply (or failure) goes to `asker`. Returns the number to forget it by. */
  ask(target: string | FunctionType<never>, id: string, message: unknown, asker: Asker): string {
    const number = String(++this.#askCount);
    this.#send(target, id, TYPE_ASKER, number, message);
    this.#askers.set(number, asker);
    return number;
  }

  /** Later replies to this asker are dropped. */
  forget(ask: string): void {
    this.#askers.delete(ask);
  }

  /** All that `work` sends, or nothing of it. */
  transact(work: () => void): void {
    const { effects } = this.#outbox;
    const before = effects.length;
    try {
      work();
    } catch (error) {
      effects.cutBack(before);
      throw error;
    }
    if (effects.length >= DISPATCH_LENGTH) this.#outbox.dispatch();
  }

  #send(target: string | FunctionType<never>, id: string, sourceType: number, source: string, message: unknown): void {
    const type = this.directory.functionNumber(target);
    if (type === TYPE_ASKER) {
      throw new MillraceError('UNKNOWN_FUNCTION', `${ASKER_TYPE} is answered by functions, not from outside.`);
    }
    this.#outbox.effects.addMessage(type, id, message, sourceType, source);
  }

  /** Messages that were sent and not yet flushed. */
  get sendCount(): number {
    return this.#outbox.effects.length / EFFECT_STRIDE;
  }

  /** Undefined when input may be taken now, else resolves when it may be worth asking again. */
  admission(): Promise<void> | undefined {
    if (this.#isOpen()) return undefined;
    this.#setWaiting(true);
    // A shard that gave credit before it saw us waiting has not rung.
    if (this.#isOpen()) {
      this.#setWaiting(false);
      return undefined;
    }
    return this.#opened.next();
  }

  #isOpen(): boolean {
    for (const ledger of this.ledgers) {
      if (ledger.pendingCount <= this.#egressCountMax) continue;
      this.#hooks.egressCrowded(ledger.type);
      return false;
    }
    for (const channel of this.#outbound) if (!channel.isOpen) return false;
    return true;
  }

  #setWaiting(waiting: boolean): void {
    for (let shard = 0; shard < this.#mesh.shardCount; shard++) this.#mesh.counters.setWaiting(shard, waiting);
  }

  // -- the duty cycle

  doWork(): number {
    let workCount = 0;
    for (const channel of this.#inbound) workCount += channel.drain(this.#batchCount);
    workCount += this.flush();
    for (const ledger of this.ledgers) ledger.spill();
    if (this.#opened.isAwaited && this.#isOpen()) {
      this.#setWaiting(false);
      this.#opened.raise();
    }
    return workCount;
  }

  get hasWork(): boolean {
    if (this.#inbound.some((channel) => channel.hasFrames) || (this.#opened.isAwaited && this.#isOpen())) return true;
    return this.#outbound.some((channel) => channel.canMove);
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
    counters.publishConsumed(thread, this.#consumedCount);
    return movedCount;
  }

  get isQuiescent(): boolean {
    const { counters, thread } = this.#mesh;
    // What was sent and not yet flushed is in flight, too.
    counters.publishProduced(thread, (this.#outbox.producedCount + this.sendCount) | 0);
    return counters.isQuiescent();
  }

  // -- in

  onEnvelope(words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number): void {
    const reader = this.#reader;
    reader.wrap(words, bytes, offsetBytes, byteLength);
    this.#consumedCount = (this.#consumedCount + 1) | 0;
    switch (reader.kind) {
      case KIND_EGRESS:
        this.#keeper.take(words, offsetBytes >> 2, byteLength);
        this.ledgers[reader.targetType]?.hold(this.#keeper);
        return;
      case KIND_MESSAGE:
        this.#takeAsker()?.replied(reader.payload());
        return;
      case KIND_FAILURE:
        this.#onFailure();
        return;
      default:
        unreachable(reader.kind as never, 'kinds that go to the coordinator');
    }
  }

  /** An asker gets one answer; it may have given up waiting. */
  #takeAsker(): Asker | undefined {
    const number = this.#reader.targetId();
    const asker = this.#askers.get(number);
    this.#askers.delete(number);
    return asker;
  }

  #onFailure(): void {
    const reader = this.#reader;
    const type = this.directory.typeName(reader.sourceType) ?? '?';
    const error = invocationFailed(reader.payload() as Failure, type, reader.sourceId());
    if (reader.targetType === TYPE_ASKER) this.#takeAsker()?.failed(error);
    else this.#hooks.invocationFailed(error);
  }
}
