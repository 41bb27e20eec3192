/**
 * The changelog with which a shard begins that is filled from elsewhere: its only delta holds nothing but the messages in
 * flight. Recovery reads it like any other. Whoever fills the shard owns it, and the directory is nobody else's then.
 */
import { join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import { hashId } from '../../keys/id-hash.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import { segmentPath } from '../../store/changelog-segment.ts';
import { ChangelogWriter } from '../../store/changelog-writer.ts';
import { syncFile, syncNames } from '../../store/durable-file.ts';
import { callStorage } from '../../store/storage-failure.ts';
import { type BlockNames, EnvelopeBlock } from '../../wire/envelope-block.ts';
import { KIND_MESSAGE, TYPE_ASKER, TYPE_NONE } from '../../wire/envelope-layout.ts';
import { EnvelopeWriter } from '../../wire/envelope-writer.ts';
import { PayloadCodec } from '../../wire/payload-codec.ts';
import { formOf } from '../../wire/structured-data.ts';
import { ASKER_TYPE } from '../function-binding.ts';
import type { PortableMessage } from './portable-message.ts';
import { FRAME_MESSAGES, FRAME_NAMES } from './delta-encoder.ts';

/** What is collected before it is written. */
const FRAME_BYTES = 1 << 17;

/** Adds messages to the delta that a changelog is being given, as a checkpoint would. */
export class MessageFrames {
  readonly #changelog: ChangelogWriter;
  readonly #block = new EnvelopeBlock();
  readonly #writer = new EnvelopeWriter(new PayloadCodec(Number.MAX_SAFE_INTEGER));
  readonly #numbers = new Map<string, number>();
  readonly #types: string[] = [];

  constructor(changelog: ChangelogWriter) {
    this.#changelog = changelog;
  }

  add({ targetType, targetId, sourceType, sourceId, message, meta }: PortableMessage): void {
    const target = this.#number(targetType);
    const source = sourceType === undefined ? TYPE_NONE : this.#number(sourceType);
    const form = formOf(message);
    this.#writer.write(KIND_MESSAGE, target, hashId(targetId), targetId, source, sourceId, message, form, meta);
    this.#block.place(this.#writer);
    if (this.#block.byteLength >= FRAME_BYTES) this.#changelog.append(FRAME_MESSAGES, this.#block.take());
  }

  /** Numbers are of this delta only; it names them all. */
  #number(type: string): number {
    if (type === ASKER_TYPE) return TYPE_ASKER;
    let number = this.#numbers.get(type);
    if (number === undefined) {
      number = this.#types.push(type) - 1;
      this.#numbers.set(type, number);
    }
    return number;
  }

  finish(): void {
    if (this.#block.byteLength > 0) this.#changelog.append(FRAME_MESSAGES, this.#block.take());
    if (this.#block.count > 0) this.#changelog.append(FRAME_NAMES, Buffer.from(JSON.stringify(this.#names())));
  }

  #names(): BlockNames {
    // The writer has no shapes, so no envelope names one.
    const shapes = { get: () => ({ number: 0, keys: [] }) };
    return this.#block.names({ typeName: (number) => this.#types[number] }, shapes);
  }
}

export class FirstDelta {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #changelog: ChangelogWriter;
  readonly #messages: MessageFrames;

  /** The directory must be there, without a changelog. */
  constructor(fileSystem: FileSystem, directory: string, epoch: number) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    const options = { segmentBytesMax: Number.MAX_SAFE_INTEGER, nextSegment: 1, segments: [] };
    this.#changelog = new ChangelogWriter(fileSystem, directory, options);
    this.#changelog.begin(epoch, epoch - 1);
    this.#messages = new MessageFrames(this.#changelog);
  }

  add(message: PortableMessage): void {
    this.#messages.add(message);
  }

  /** Resolves when the delta is durable, with the name of its file. */
  async finish(): Promise<DeltaLocation> {
    this.#messages.finish();
    const location = this.#changelog.end();
    this.#changelog.close();
    await syncFile(this.#fileSystem, segmentPath(this.#directory, location.segment));
    await syncNames(this.#fileSystem, this.#directory);
    // The store syncs its own files, and not always their names.
    const store = join(this.#directory, 'store');
    if (callStorage(store, () => this.#fileSystem.exists(store))) await syncNames(this.#fileSystem, store);
    return location;
  }

  /** Gives up. */
  close(): void {
    this.#changelog.close();
  }
}
