/**
 * The coordinator: the end of every channel that is not a shard. It sends for clients and ingresses, answers askers,
 * and keeps egress records for their consumers. Like a shard it is a duty cycle and knows no thread: the engine turns
 * it on the main thread, the simulation from a seed.
 */
import { unreachable } from '../base/assert.ts';
import { systemRandom } from '../base/random.ts';
import type { Epoch } from '../base/brand.ts';
import type { EnvelopeHandler } from '../channel/inbound-channel.ts';
import type { Mesh } from '../channel/mesh.ts';
import { EgressLedger } from '../io/egress-ledger.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { OutsideMessageOptions as Options } from '../sdk/message-options.ts';
import type { Module } from '../sdk/module.ts';
import { type Failure, invocationFailed } from '../shard/failing/failure.ts';
import { Directory } from '../shard/function-binding.ts';
import {
  KIND_COMMITTED,
  KIND_EGRESS,
  KIND_FAILURE,
  KIND_MARKER,
  KIND_MESSAGE,
  KIND_REQUEST,
  TYPE_ASKER,
  TYPE_NONE,
} from '../wire/envelope-layout.ts';
import { EnvelopeReader } from '../wire/envelope-reader.ts';
import { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { MessageGate } from '../wire/message-gate.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { Admission } from './admission.ts';
import { type Asker, Askers } from './askers.ts';
import { CheckpointRunner } from './checkpoint-runner.ts';
import { takeControl } from './control-envelopes.ts';
import type { CoordinatorDurableOptions, CoordinatorHooks, CoordinatorOptions } from './coordinator-options.ts';
import { OutsideMeta } from './outside-meta.ts';
import { ReplayLog } from './replay-log.ts';
import { ShardRequests } from './shard-requests.ts';
import { ShardLink } from './shard-link.ts';
import type { ShapeRegistry } from '../wire/shape-registry.ts';

type Target = string | FunctionType<never>;

export class Coordinator implements EnvelopeHandler {
  readonly directory: Directory;
  readonly ledgers: readonly EgressLedger[];
  /** None in an engine in memory only. */
  readonly checkpoints: CheckpointRunner | undefined;
  /** What shards are asked for, apart from messages. */
  readonly requests: ShardRequests;
  /** Whether messages may be sent from outside. */
  readonly input: Admission;
  /** Egress records that have come, modulo 2^32. */
  recordCount = 0;

  readonly #options: CoordinatorOptions;
  readonly #hooks: CoordinatorHooks;
  readonly #codec: PayloadCodec;
  readonly #reader: EnvelopeReader;
  readonly #writer: EnvelopeWriter;
  readonly #askers: Askers;
  readonly #replayLog: ReplayLog | undefined;
  readonly #meta: OutsideMeta;
  readonly #shapes: ShapeRegistry;
  #link: ShardLink;

  constructor(module: Module, mesh: Mesh, options: CoordinatorOptions, hooks: CoordinatorHooks) {
    const { storage, overflowBytesMax, durable } = options;
    this.directory = new Directory(module, mesh.types);
    this.#shapes = mesh.shapes;
    this.#options = options;
    this.#hooks = hooks;
    this.#codec = new PayloadCodec(options.messageBytesMax, mesh.shapes);
    this.#reader = new EnvelopeReader(this.#codec);
    this.#writer = new EnvelopeWriter(this.#codec);
    this.#replayLog = durable && new ReplayLog(storage, overflowBytesMax);
    this.#askers = new Askers(durable?.data.lastEpoch ?? 0);
    this.#meta = new OutsideMeta(options.causalIds ?? 'traced', options.random ?? systemRandom, options.latencies);
    this.#link = this.#newLink(mesh);
    this.requests = new ShardRequests(mesh.shardCount, durable !== undefined, (shard, order) =>
      this.#link.sendControlTo(shard, KIND_REQUEST, order),
    );
    // Consumers decode whenever they like, so they have a reader of their own.
    const reader = new EnvelopeReader(this.#codec);
    const writer = new EnvelopeWriter(this.#codec);
    this.ledgers = module.egresses.map(({ type }) => new EgressLedger(type, storage, overflowBytesMax, reader, writer));
    this.input = new Admission(this.#link, this.ledgers, options.egressCountMax, (type) => hooks.egressCrowded(type));
    this.checkpoints = durable && this.#newCheckpoints(durable, mesh.shardCount);
  }

  #newLink(mesh: Mesh): ShardLink {
    return new ShardLink(mesh, {
      options: this.#options,
      handler: this,
      writer: this.#writer,
      gate: new MessageGate(this.#codec, this.#options.development),
      replayLog: this.#replayLog,
    });
  }

  #newCheckpoints({ data, ...options }: CoordinatorDurableOptions, shardCount: number): CheckpointRunner {
    const runner = new CheckpointRunner(
      data,
      shardCount,
      this.ledgers,
      { ...options, shapes: this.#shapes, latencies: this.#options.latencies?.set },
      {
        sendMarkers: (epoch) => this.#sendMarkers(epoch),
        ended: () => {
          this.#askers.endEpoch();
          this.#options.latencies?.endEpoch();
          this.requests.endEpoch();
        },
        committed: (epoch) => this.#committed(epoch),
        ingressPositions: () => this.#hooks.ingressPositions?.() ?? {},
        isAwaited: () => this.#askers.isAwaited || this.requests.isAwaited || this.#link.isLaden,
        activity: () => this.#link.activity,
        sendControl: (kind, payload) => this.#link.sendControl(kind, payload),
        failed: (cause) => this.#hooks.checkpointFailed?.(cause),
      },
    );
    for (const ledger of this.ledgers) runner.attachJournal(ledger);
    return runner;
  }

  // -- out

  /** Sends a message that nobody waits for. Throws a coded error, with nothing sent. */
  send(target: Target, id: string, message: unknown, options?: Options): void {
    this.#send(target, id, TYPE_NONE, '', message, options);
  }

  /** Its reply (or failure) goes to `asker`, as it comes or when committed. Returns the number to forget it by. */
  ask(target: Target, id: string, message: unknown, asker: Asker, untilCommitted = false, options?: Options): string {
    const number = this.#askers.nextNumber();
    this.#send(target, id, TYPE_ASKER, number, message, options);
    this.#askers.add(number, asker, untilCommitted && this.checkpoints !== undefined);
    return number;
  }

  /** Later replies to this asker are dropped. */
  forget(ask: string): void {
    this.#askers.forget(ask);
  }

  /** All that `work` sends, or nothing of it. */
  transact(work: () => void): void {
    this.#link.transact(work);
  }

  #send(target: Target, id: string, sourceType: number, source: string, message: unknown, options?: Options): void {
    const type = this.directory.numberFromOutside(target);
    if (this.directory.checksMessages) this.directory.checkMessage(type, message);
    this.#link.effects.addMessage(type, id, message, sourceType, source, this.#meta.of(options));
  }

  /** Messages that were sent and not yet flushed. */
  get sendCount(): number {
    return this.#link.sendCount;
  }

  // -- the duty cycle

  doWork(): number {
    let workCount = this.#link.drain();
    if (this.checkpoints?.beginIfDue() === true) workCount++;
    workCount += this.flush();
    for (const ledger of this.ledgers) ledger.spill();
    this.#replayLog?.spill();
    if (this.input.canOpen) this.input.open();
    return workCount;
  }

  get hasWork(): boolean {
    return this.#link.hasWork || this.input.canOpen || this.restMs === 0;
  }

  /** How long there is nothing to do if nothing comes. */
  get restMs(): number {
    return this.checkpoints?.dueInMs ?? Number.POSITIVE_INFINITY;
  }

  /** Shows what was sent to the shards. */
  flush(): number {
    return this.#link.flush();
  }

  get isQuiescent(): boolean {
    return !this.requests.isBusy && this.#link.isQuiescent;
  }

  // -- checkpoints

  #sendMarkers(epoch: Epoch): void {
    this.#link.dispatch();
    this.#replayLog?.endEpoch();
    this.#link.sendControl(KIND_MARKER, epoch);
  }

  #committed(epoch: Epoch): void {
    this.#replayLog?.committed();
    // Before what may fail: their answers are committed, and a roll-back would take back those that wait.
    this.#askers.committed();
    this.#options.latencies?.committed();
    this.requests.committed();
    this.#link.sendControl(KIND_COMMITTED, epoch);
    this.flush();
  }

  /** Goes on over a new mesh, with shards that have gone back to the last commit: sends them what they have forgotten. */
  reconnect(mesh: Mesh): void {
    this.#link.dispatch();
    this.#askers.rollBack();
    this.#options.latencies?.rollBack();
    this.#link = this.#newLink(mesh);
    if (this.#replayLog !== undefined) this.#link.replay(this.#replayLog);
    this.requests.rollBack();
    this.input.moveTo(this.#link);
  }

  // -- in

  onEnvelope(words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number, from: number): void {
    const reader = this.#reader;
    reader.wrap(words, bytes, offsetBytes, byteLength);
    const machine = this.checkpoints?.machine;
    if (takeControl(reader, from, this.checkpoints, this.requests, this.input.flooded)) return;
    const isAhead = machine?.isAhead(from) ?? false;
    this.#link.consumedCount = (this.#link.consumedCount + 1) | 0;
    switch (reader.kind) {
      case KIND_EGRESS: {
        const epoch = machine?.oldestOpenEpoch ?? 0;
        this.recordCount = (this.recordCount + 1) | 0;
        this.#options.latencies?.arrived(reader.meta()?.since, isAhead);
        this.ledgers[reader.targetType]?.hold(words, offsetBytes >> 2, byteLength, epoch, isAhead);
        return;
      }
      case KIND_MESSAGE: {
        const message = reader.payload();
        this.#askers.answer(reader.targetId(), isAhead, (asker) => asker.replied(message));
        return;
      }
      case KIND_FAILURE:
        this.#onFailure(isAhead);
        return;
      default:
        unreachable(reader.kind as never, 'kinds that go to the coordinator');
    }
  }

  #onFailure(isAhead: boolean): void {
    const reader = this.#reader;
    const type = this.directory.typeName(reader.sourceType);
    const error = invocationFailed(reader.payload() as Failure, type, reader.sourceId());
    if (reader.targetType === TYPE_ASKER)
      this.#askers.answer(reader.targetId(), isAhead, (asker) => asker.failed(error));
    else this.#hooks.invocationFailed(error);
  }
}
