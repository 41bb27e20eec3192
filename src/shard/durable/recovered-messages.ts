/**
 * The messages that were in flight at the last commit, on their way back into the shard. There may be millions of them,
 * far more than a heap holds as objects, so they come block by block and stay as they were encoded: only the numbers that
 * they name functions and shapes by are those of this engine now. They go where the shard's own messages go, ahead of all
 * others: a few as objects into the mailbox, the rest into its overflow, which spills (I7).
 */
import type { FileSystem } from '../../base/file-system.ts';
import type { Address } from '../../sdk/address.ts';
import { readContents } from '../../store/changelog-contents.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import { deltaFrames, SegmentReader } from '../../store/changelog-reader.ts';
import { ReadBuffer } from '../../store/read-buffer.ts';
import { type BlockNames, flatShapeAt, readBlock, shapesOf } from '../../wire/envelope-block.ts';
import {
  KIND_MESSAGE,
  TYPE_ASKER,
  TYPE_NONE,
  TYPE_UNKNOWN,
  WORD_KIND,
  WORD_TARGET,
} from '../../wire/envelope-layout.ts';
import { EnvelopeReader } from '../../wire/envelope-reader.ts';
import { EnvelopeWriter } from '../../wire/envelope-writer.ts';
import { type MessageMeta, withoutTarget } from '../../wire/message-meta.ts';
import { PayloadCodec } from '../../wire/payload-codec.ts';
import type { ShapeTable } from '../../wire/flat-codec.ts';
import type { Mailbox } from '../delivery/mailbox.ts';
import type { Directory } from '../function-binding.ts';
import { FRAME_MESSAGES, FRAME_NAMES } from './delta-encoder.ts';

/**
 * So many bytes of envelopes become objects. A mailbox that holds encoded ones encodes what follows, too; so what is
 * usually under way in a shard comes back as the objects it was.
 */
const OBJECT_BYTES_MAX = 1 << 22;

export interface RecoveredMessage {
  readonly type: number;
  readonly hash: number;
  readonly id: string;
  readonly message: unknown;
  readonly sourceType: number;
  readonly sourceId: string;
  readonly form: number;
  readonly meta: MessageMeta | undefined;
}

export interface MessagesPlace {
  readonly fileSystem: FileSystem;
  /** With the shard's changelog. */
  readonly directory: string;
  readonly functions: Directory;
}

export class RecoveredMessages {
  readonly #place: MessagesPlace;
  readonly #location: DeltaLocation | undefined;

  /** Those of the delta at `location`, which is read, and checked, when they are wanted. */
  constructor(place: MessagesPlace, location: DeltaLocation | undefined) {
    this.#place = place;
    this.#location = location;
  }

  /** All of them as objects, oldest first: for who knows that they are few. */
  decoded(): RecoveredMessage[] {
    const messages: RecoveredMessage[] = [];
    this.#visit((envelope) => void messages.push(envelope.decoded()));
    return messages;
  }

  /** Puts them into an empty mailbox, oldest first; returns how many there were. */
  moveInto(mailbox: Mailbox, shapes: ShapeTable): number {
    let objectBytes = 0;
    this.#visit(
      (envelope) => {
        objectBytes += envelope.byteLength;
        if (mailbox.isCrowded || objectBytes > OBJECT_BYTES_MAX) mailbox.pushEncoded(envelope.translated(shapes));
        else pushObject(mailbox, envelope.decoded());
      },
      () => mailbox.spill(),
    );
    return mailbox.count;
  }

  #visit(visit: (envelope: RecoveredEnvelope) => void, blockEnded: () => void = () => {}): void {
    if (this.#location === undefined) return;
    const { fileSystem, directory, functions } = this.#place;
    const segment = new SegmentReader(fileSystem, directory, this.#location.segment);
    try {
      // They come last, and there are none without messages.
      const [last] = framesOf(segment, this.#location, FRAME_NAMES);
      if (last === undefined) return;
      const envelope = new RecoveredEnvelope(JSON.parse(Buffer.from(last).toString()) as BlockNames, functions);
      for (const block of framesOf(segment, this.#location, FRAME_MESSAGES)) {
        readBlock(block, (words, bytes, offsetBytes, byteLength) => {
          envelope.wrap(words, bytes, offsetBytes, byteLength);
          visit(envelope);
        });
        blockEnded();
      }
    } finally {
      segment.close();
    }
  }
}

function pushObject(mailbox: Mailbox, recovered: RecoveredMessage): void {
  const { type, hash, id, message, sourceType, sourceId, form, meta } = recovered;
  mailbox.push(type, hash, id, message, sourceType, sourceId, form, meta);
}

/** The frames of one kind; each is gone when the next one is asked for. */
function* framesOf(segment: SegmentReader, location: DeltaLocation, kind: number): Generator<Uint8Array> {
  const contents = readContents(segment, location);
  if (contents === undefined) {
    for (const frame of deltaFrames(segment, location)) if (frame.kind === kind) yield frame.bytes;
    return;
  }
  const buffer = new ReadBuffer();
  for (const frame of contents) if (frame.kind === kind) yield segment.listedFrame(frame, buffer);
}

/** A view that is laid over one envelope after the other: what it says to the engine that runs now. */
class RecoveredEnvelope {
  byteLength = 0;
  readonly #names: BlockNames;
  readonly #functions: Directory;
  readonly #reader: EnvelopeReader;
  readonly #writer: EnvelopeWriter;
  /** By the number that it was. */
  readonly #types = new Map<number, number | undefined>();
  readonly #shapes = new Map<number, number>();
  #words: Int32Array = new Int32Array(0);
  #at = 0;

  constructor(names: BlockNames, functions: Directory) {
    this.#names = names;
    this.#functions = functions;
    // It learns no shapes, so what it writes anew names none; and what was let in once is not too large now.
    const codec = new PayloadCodec(Number.MAX_SAFE_INTEGER, shapesOf(names));
    this.#reader = new EnvelopeReader(codec);
    this.#writer = new EnvelopeWriter(codec);
  }

  wrap(words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number): void {
    this.#reader.wrap(words, bytes, offsetBytes, byteLength);
    this.#words = words;
    this.#at = offsetBytes >> 2;
    this.byteLength = byteLength;
  }

  decoded(): RecoveredMessage {
    const reader = this.#reader;
    return {
      ...this.#target(),
      hash: reader.targetHash,
      id: reader.targetId(),
      message: reader.payload(),
      sourceType: this.#sourceNumber(),
      sourceId: reader.sourceType === TYPE_NONE ? '' : reader.sourceId(),
      form: reader.form,
    };
  }

  /** The same as an envelope, which lies in this one's place if it can. */
  translated(shapes: ShapeTable): EnvelopeWriter {
    const type = this.#isForNobody ? undefined : this.#typeNumber(this.#reader.targetType);
    const shapeAt = flatShapeAt(this.#words, this.#at);
    const shape = shapeAt === -1 ? -1 : this.#shapeNumber(this.#words[shapeAt], shapes);
    if (type === undefined || shape === undefined) return this.#written();
    const words = this.#words;
    const [kindAt, targetAt] = [this.#at + WORD_KIND, this.#at + WORD_TARGET];
    words[kindAt] = (words[kindAt] & 0xffff) | (type << 16);
    words[targetAt] = (words[targetAt] & 0xffff) | (this.#sourceNumber() << 16);
    if (shapeAt !== -1) words[shapeAt] = shape;
    this.#writer.take(words, this.#at, this.byteLength);
    return this.#writer;
  }

  /** Its meta is another, or its shape cannot be named. */
  #written(): EnvelopeWriter {
    const { type, hash, id, message, sourceType, sourceId, form, meta } = this.decoded();
    this.#writer.write(KIND_MESSAGE, type, hash, id, sourceType, sourceId, message, form, meta);
    return this.#writer;
  }

  /** Whom it is for: what was unknown once may be known by now, and the other way round. */
  #target(): { type: number; meta: MessageMeta | undefined } {
    const reader = this.#reader;
    const meta = reader.meta();
    const isUnknown = reader.targetType === TYPE_UNKNOWN;
    const to = isUnknown ? (meta?.to ?? '') : (this.#names.functions[reader.targetType] ?? '');
    const number = this.#isForNobody ? undefined : this.#functions.findFunction(to);
    if (number !== undefined) return { type: number, meta: withoutTarget(meta) };
    const from = this.#lostSource();
    return { type: TYPE_UNKNOWN, meta: from === undefined ? { ...meta, to } : { ...meta, to, from } };
  }

  /** What was sent to no id stays for nobody, whoever has the type's name, and also where a savepoint has given it that. */
  get #isForNobody(): boolean {
    return (this.#words[this.#at + WORD_TARGET] & 0xffff) === 0;
  }

  #lostSource(): Address | undefined {
    const { sourceType } = this.#reader;
    if (sourceType === TYPE_NONE || this.#sourceNumber() !== TYPE_NONE) return undefined;
    return { type: this.#names.functions[sourceType] ?? '', id: this.#reader.sourceId() };
  }

  /** A caller that the module no longer has cannot be answered; it counts as nobody. */
  #sourceNumber(): number {
    const { sourceType } = this.#reader;
    if (sourceType === TYPE_NONE || sourceType === TYPE_ASKER) return sourceType;
    return this.#typeNumber(sourceType) ?? TYPE_NONE;
  }

  #typeNumber(number: number): number | undefined {
    if (!this.#types.has(number)) {
      const name = this.#names.functions[number];
      this.#types.set(number, name === undefined ? undefined : this.#functions.findFunction(name));
    }
    return this.#types.get(number);
  }

  /** Undefined if there is no room for it, or none just now: that is looked at again with the next one. */
  #shapeNumber(number: number, shapes: ShapeTable): number | undefined {
    const known = this.#shapes.get(number) ?? shapes.register(this.#names.shapes[number] ?? [])?.number;
    if (known !== undefined) this.#shapes.set(number, known);
    return known;
  }
}
