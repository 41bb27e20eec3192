/**
 * Where messages wait while their functions have as much under way as they may: in one queue of the function, whoever
 * they are for; those of functions that take several at once in lines of their addresses, from where one invocation takes
 * all that have gathered. See `FunctionLoad` for what lies in lines and what in the queue.
 */
import { Entity } from '../../state/entity.ts';
import { KIND_MESSAGE, TYPE_NONE } from '../../wire/envelope-layout.ts';
import type { EnvelopeReader } from '../../wire/envelope-reader.ts';
import type { EnvelopeWriter } from '../../wire/envelope-writer.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import type { OverflowVisitor } from '../../wire/overflow.ts';
import type { FunctionBinding } from '../function-binding.ts';
import type { FunctionLoad } from './function-load.ts';
import { holdEnvelope } from './held-envelope.ts';
import type { Invoker } from '../invocation/invoker.ts';
import type { Mailbox, MessageVisitor } from './mailbox.ts';

/** Messages that are moved from a queue at a time (I10). */
const MOVE_COUNT = 64;

/** An entity that is in memory or may be in the store; its id may be that of the envelope that is read. */
export type Summon = (type: number, hash: number, id: string | EnvelopeReader) => Entity | undefined;

export class CrowdedMessages {
  readonly #invoker: Invoker;
  readonly #reader: EnvelopeReader;
  readonly #writer: EnvelopeWriter;
  readonly #summon: Summon;

  constructor(invoker: Invoker, reader: EnvelopeReader, writer: EnvelopeWriter, summon: Summon) {
    this.#invoker = invoker;
    this.#reader = reader;
    this.#writer = writer;
    this.#summon = summon;
  }

  /** None overtakes an older one of its address (I4): what is in lines is older than what is in the queue. */
  hold(
    binding: FunctionBinding,
    hash: number,
    id: string,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    const { bounds } = this.#invoker.held;
    const load = bounds.loadOf(binding);
    if (load.messageCount === 0 && load.linesUp) {
      this.#lineUp(load, hash, id, message, sourceType, sourceId, form, meta);
      return;
    }
    const queue = bounds.queueOf(binding);
    if (queue.isCrowded) {
      this.#writer.write(KIND_MESSAGE, binding.index, hash, id, sourceType, sourceId, message, form, meta);
      queue.pushEncoded(this.#writer);
    } else {
      queue.push(binding.index, hash, id, message, sourceType, sourceId, form, meta);
    }
    bounds.update(load);
  }

  /** The same for the envelope that the reader shows. */
  holdEnvelope(binding: FunctionBinding): void {
    const { bounds } = this.#invoker.held;
    const reader = this.#reader;
    const load = bounds.loadOf(binding);
    if (load.messageCount === 0 && load.linesUp) return this.#lineUpEnvelope(load);
    const queue = bounds.queueOf(binding);
    if (queue.isCrowded) {
      queue.pushEncoded(reader);
    } else {
      const { targetHash, sourceType, form } = reader;
      const sourceId = sourceType === TYPE_NONE ? '' : reader.sourceId();
      const message = reader.payload();
      queue.push(binding.index, targetHash, reader.targetId(), message, sourceType, sourceId, form, reader.meta());
    }
    bounds.update(load);
  }

  #lineUpEnvelope(load: FunctionLoad): void {
    const { binding } = load;
    const reader = this.#reader;
    const { targetHash } = reader;
    const known = this.#summon(binding.index, targetHash, reader);
    const entity = known ?? this.#newEntity(binding.index, targetHash, reader.targetId());
    const { isBusy } = entity;
    if (!isBusy) this.#invoker.occupy(entity);
    holdEnvelope(this.#invoker.held.lines, entity, reader);
    this.#heldIn(load, entity, isBusy);
  }

  #heldIn(load: FunctionLoad, entity: Entity, wasBusy: boolean): void {
    const { bounds } = this.#invoker.held;
    if (wasBusy) bounds.update(load);
    else bounds.makeReady(load.binding, entity);
  }

  /** The message waits in the line of its address, which goes on when its function may. */
  #lineUp(
    load: FunctionLoad,
    hash: number,
    id: string,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    const { binding } = load;
    const { lines } = this.#invoker.held;
    const entity = this.#summon(binding.index, hash, id) ?? this.#newEntity(binding.index, hash, id);
    const { isBusy } = entity;
    if (!isBusy) this.#invoker.occupy(entity);
    lines.hold(entity, message, sourceType, sourceId, form, meta);
    this.#heldIn(load, entity, isBusy);
  }

  #newEntity(type: number, hash: number, id: string): Entity {
    const entity = new Entity(type, hash, id);
    entity.detachId();
    this.#invoker.entities.add(entity);
    return entity;
  }

  /** Moves the oldest messages of the function's queue into lines, as long as these are few. */
  lineUpMany(load: FunctionLoad, queue: Mailbox): void {
    // Made once for all of them, and without a list of arguments for each.
    const lineUp: MessageVisitor = (_type, hash, id, message, sourceType, sourceId, form, meta) =>
      this.#lineUp(load, hash, id, message, sourceType, sourceId, form, meta);
    const lineUpEncoded: OverflowVisitor = (words, bytes, offsetBytes, byteLength) =>
      this.#lineUpEncoded(load, words, bytes, offsetBytes, byteLength);
    for (let count = 0; count < MOVE_COUNT && queue.count > 0 && load.linesUp; count++) {
      if (queue.objectCount > 0) queue.takeObject(lineUp);
      else queue.takeEncoded(lineUpEncoded);
    }
  }

  #lineUpEncoded(
    load: FunctionLoad,
    words: Int32Array,
    bytes: Uint8Array,
    offsetBytes: number,
    byteLength: number,
  ): void {
    this.#reader.wrap(words, bytes, offsetBytes, byteLength);
    this.#lineUpEnvelope(load);
  }
}
