/**
 * Messages in flight on their way to another engine: taken out of the delta of a checkpoint, whose numbers mean something
 * to the engine alone that wrote it, and as records of a savepoint, which carry names.
 */
import type { FileSystem } from '../../base/file-system.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import { readDelta } from '../../store/changelog-reader.ts';
import { type BlockNames, readBlock, shapesOf } from '../../wire/envelope-block.ts';
import { TYPE_ASKER, TYPE_NONE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import { EnvelopeReader } from '../../wire/envelope-reader.ts';
import { type MessageMeta, withoutTarget } from '../../wire/message-meta.ts';
import { PayloadCodec } from '../../wire/payload-codec.ts';
import { decodeTagged, encodeTagged } from '../../wire/tagged-value.ts';
import { ASKER_TYPE } from '../function-binding.ts';
import { FRAME_MESSAGES, FRAME_NAMES } from './delta-encoder.ts';

export interface PortableMessage {
  readonly targetType: string;
  readonly targetId: string;
  /** Undefined when nobody sent it. */
  readonly sourceType: string | undefined;
  readonly sourceId: string;
  readonly message: unknown;
  readonly meta?: MessageMeta | undefined;
}

type PortableKey = [string, string, string | null, string, MessageMeta?];

const NO_MESSAGES: readonly PortableMessage[] = [];

/** As a record of a savepoint. The message stands alone, since it may be nested as deep as anything may. */
export function encodePortable(portable: PortableMessage): { key: Uint8Array; value: Uint8Array } {
  const { targetType, targetId, sourceType, sourceId, message, meta } = portable;
  const key = [targetType, targetId, sourceType ?? null, sourceId, ...(meta === undefined ? [] : [meta])];
  return { key: encodeTagged(key), value: encodeTagged(message) };
}

export function decodePortable(key: Uint8Array, value: Uint8Array): PortableMessage {
  const [targetType, targetId, sourceType, sourceId, meta] = decodeTagged(key) as PortableKey;
  return { targetType, targetId, sourceType: sourceType ?? undefined, sourceId, message: decodeTagged(value), meta };
}

/**
 * The messages in flight of a committed delta, in order, in groups of one frame; empty ones for frames that hold none, so
 * that the caller can take a pause. The delta is read twice: the names come last in it, and its messages may be too many
 * to be kept.
 */
export function* messagesOfDelta(
  fileSystem: FileSystem,
  directory: string,
  location: DeltaLocation,
): Generator<readonly PortableMessage[], void, undefined> {
  let names: BlockNames | undefined;
  for (const { kind, bytes } of readDelta(fileSystem, directory, location)) {
    if (kind === FRAME_NAMES) names = JSON.parse(Buffer.from(bytes).toString()) as BlockNames;
    else yield NO_MESSAGES;
  }
  if (names === undefined) return;
  for (const { kind, bytes } of readDelta(fileSystem, directory, location)) {
    yield kind === FRAME_MESSAGES ? messagesOfBlock(bytes, names) : NO_MESSAGES;
  }
}

function messagesOfBlock(block: Uint8Array, names: BlockNames): PortableMessage[] {
  const messages: PortableMessage[] = [];
  const reader = new EnvelopeReader(new PayloadCodec(Number.MAX_SAFE_INTEGER, shapesOf(names)));
  const typeName = (number: number): string => (number === TYPE_ASKER ? ASKER_TYPE : (names.functions[number] ?? ''));
  readBlock(block, (words, bytes, offsetBytes, byteLength) => {
    reader.wrap(words, bytes, offsetBytes, byteLength);
    const { sourceType } = reader;
    const meta = reader.meta();
    messages.push({
      targetType: reader.targetType === TYPE_UNKNOWN ? (meta?.to ?? '') : typeName(reader.targetType),
      targetId: reader.targetId(),
      sourceType: sourceType === TYPE_NONE ? undefined : typeName(sourceType),
      sourceId: sourceType === TYPE_NONE ? '' : reader.sourceId(),
      message: reader.payload(),
      meta: withoutTarget(meta),
    });
  });
  return messages;
}
