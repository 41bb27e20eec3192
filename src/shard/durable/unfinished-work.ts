/**
 * What a shard has begun and not finished when a checkpoint cuts, as messages in flight (I6): the input of each async
 * invocation under way and what it has taken besides, what waits for busy entities and for crowded functions, and for each pending operation the
 * message that its end is unknown, which come first after a recovery, as in StateFun.
 */
import type { Entity, HeldMessage } from '../../state/entity.ts';
import { EnvelopeBlock, readBlock } from '../../wire/envelope-block.ts';
import { KIND_MESSAGE, TYPE_NONE } from '../../wire/envelope-layout.ts';
import type { EnvelopeWriter } from '../../wire/envelope-writer.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import { OverflowPart, type OverflowVisitor } from '../../wire/overflow.ts';
import type { AsyncOperation } from '../invocation/async-operations.ts';
import {
  type Mailbox,
  SLOT_FORM,
  SLOT_HASH,
  SLOT_ID,
  SLOT_MESSAGE,
  SLOT_META,
  SLOT_SOURCE_ID,
  SLOT_SOURCE_TYPE,
  SLOT_TYPE,
} from '../delivery/mailbox.ts';

/** Where it is at the cut. What is in the lines of entities is older than what is in the queues of functions (I4). */
export interface Unfinished {
  readonly operations: Iterable<AsyncOperation>;
  /** Entities with a line. */
  readonly busy: Iterable<Entity>;
  readonly queues: Iterable<Mailbox>;
}

/** An invocation that begins. */
interface Given {
  readonly entity: Entity;
  readonly sourceType: number;
  readonly meta: MessageMeta | undefined;
  sourceId(): string;
}

/** Makes the envelope of the message that an invocation was given. */
export type EncodeInput = (invocation: Given, message: unknown, form: number) => Uint8Array;

/** The envelope of the message that an invocation was given, to be delivered again if it has not ended at a cut. */
export function encodeInput(writer: EnvelopeWriter, invocation: Given, message: unknown, form: number): Uint8Array {
  const { sourceType, meta } = invocation;
  const { functionIndex, hash, id } = invocation.entity;
  const sourceId = sourceType === TYPE_NONE ? '' : invocation.sourceId();
  writer.write(KIND_MESSAGE, functionIndex, hash, id, sourceType, sourceId, message, form, meta);
  const words = new Int32Array((writer.byteLength + 3) >> 2);
  writer.placeInto(words, 0);
  return new Uint8Array(words.buffer, 0, writer.byteLength);
}

/** What a turn puts down of what waited encoded, in bytes; a part of an overflow is put down as a whole. */
const SLICE_BYTES = 1 << 16;
/** Of what comes behind such parts while they are put down. */
const TAIL_BYTES = 1 << 16;

export class UnfinishedWork {
  readonly #writer: EnvelopeWriter;
  readonly #block: EnvelopeBlock;
  readonly #writeMany: () => void;
  readonly #sliceBytes: number;
  /** What is to be put down, oldest first, as far as `#putDownCount`. */
  #pieces: (OverflowPart | EnvelopeBlock)[] = [];
  #putDownCount = 0;

  /** `writeMany` empties the block when it has become long. */
  constructor(writer: EnvelopeWriter, block: EnvelopeBlock, writeMany: () => void, sliceBytes: number = SLICE_BYTES) {
    this.#writer = writer;
    this.#block = block;
    this.#writeMany = writeMany;
    this.#sliceBytes = sliceBytes;
  }

  /** Whether something that waited at the cut is still to be put down. */
  get isOpen(): boolean {
    return this.#putDownCount < this.#pieces.length;
  }

  /**
   * What waits as objects is bounded, and encoded at once, since functions may change it as soon as they have it. What
   * waits encoded may be millions, and stays as it is wherever it goes; so that is put down in slices (I10).
   */
  capture({ operations, busy, queues }: Unfinished): void {
    for (const operation of operations) this.#captureOperation(operation);
    for (const entity of busy) this.#captureLine(entity);
    for (const queue of queues) this.#captureQueue(queue);
  }

  /** Puts down a slice; returns how many pieces that were. */
  work(): number {
    let byteLength = 0;
    let count = 0;
    while (this.isOpen && (count === 0 || byteLength < this.#sliceBytes)) {
      const piece = this.#pieces[this.#putDownCount++];
      byteLength += piece.byteLength;
      count++;
      if (piece instanceof OverflowPart) piece.visit(this.#putDown);
      else readBlock(piece.take(), this.#putDown);
    }
    if (!this.isOpen) {
      this.#pieces = [];
      this.#putDownCount = 0;
    }
    return count;
  }

  /** An envelope that the snapshot has to hold, and that comes behind all that have come so far. */
  record(words: Int32Array, startWord: number, byteLength: number): void {
    this.#last.add(words, startWord, byteLength);
    this.#writeMany();
  }

  /** The same, as the writer has it. */
  recordWritten(): void {
    this.#last.place(this.#writer);
    this.#writeMany();
  }

  /** Where the next envelope goes: behind what is still to be put down (I4). */
  get #last(): EnvelopeBlock {
    if (!this.isOpen) return this.#block;
    const last = this.#pieces.at(-1);
    if (last instanceof EnvelopeBlock && last.byteLength < TAIL_BYTES) return last;
    const tail = new EnvelopeBlock();
    this.#pieces.push(tail);
    return tail;
  }

  #captureOperation({ entity, unknown, form, meta }: AsyncOperation): void {
    const { functionIndex, hash, id } = entity as Entity;
    this.#writer.write(KIND_MESSAGE, functionIndex, hash, id, functionIndex, id, unknown, form, meta);
    this.recordWritten();
  }

  #captureLine({ functionIndex, hash, id, waiting }: Entity): void {
    const input = waiting?.pendingInput;
    if (input !== undefined) this.record(new Int32Array(input.buffer), 0, input.length);
    for (const held of waiting?.batch?.messages ?? []) this.#captureHeld(functionIndex, hash, id, held);
    for (const held of waiting?.messages() ?? []) this.#captureHeld(functionIndex, hash, id, held);
    for (const part of waiting?.overflow?.parts() ?? []) this.#pieces.push(part);
  }

  #captureHeld(functionIndex: number, hash: number, id: string, held: HeldMessage): void {
    const { message, sourceType, sourceId, form, meta } = held;
    this.#writer.write(KIND_MESSAGE, functionIndex, hash, id, sourceType, sourceId, message, form, meta);
    this.recordWritten();
  }

  #captureQueue(queue: Mailbox): void {
    const { slots, objectCount } = queue;
    for (let index = 0; index < objectCount; index++) {
      const at = queue.at(index);
      this.#writer.write(
        KIND_MESSAGE,
        slots[at + SLOT_TYPE] as number,
        slots[at + SLOT_HASH] as number,
        slots[at + SLOT_ID] as string,
        slots[at + SLOT_SOURCE_TYPE] as number,
        slots[at + SLOT_SOURCE_ID] as string,
        slots[at + SLOT_MESSAGE],
        slots[at + SLOT_FORM] as number,
        slots[at + SLOT_META] as MessageMeta | undefined,
      );
      this.recordWritten();
    }
    for (const part of queue.encodedParts()) this.#pieces.push(part);
  }

  readonly #putDown: OverflowVisitor = (words, _bytes, offsetBytes, byteLength) => {
    this.#block.add(words, offsetBytes >> 2, byteLength);
    this.#writeMany();
  };
}
