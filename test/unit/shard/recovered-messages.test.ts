/**
 * Messages in flight on their way back into a mailbox: they stay encoded, with the numbers of the engine that reads them,
 * in the order in which they were, and leave memory when they are many.
 */
import { expect, test } from 'vitest';
import { MemorySpillStorage } from '../../../src/base/spill.ts';
import { defineFunction, defineModule } from '../../../src/index.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { Mailbox } from '../../../src/shard/delivery/mailbox.ts';
import { FRAME_MESSAGES, FRAME_NAMES } from '../../../src/shard/durable/delta-encoder.ts';
import { RecoveredMessages } from '../../../src/shard/durable/recovered-messages.ts';
import { Directory } from '../../../src/shard/function-binding.ts';
import { ChangelogWriter } from '../../../src/store/changelog-writer.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { EnvelopeBlock } from '../../../src/wire/envelope-block.ts';
import { KIND_MESSAGE, TYPE_ASKER, TYPE_NONE, TYPE_UNKNOWN } from '../../../src/wire/envelope-layout.ts';
import { EnvelopeReader } from '../../../src/wire/envelope-reader.ts';
import { EnvelopeWriter } from '../../../src/wire/envelope-writer.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { allocateShapeRegistry, ShapeRegistry } from '../../../src/wire/shape-registry.ts';
import { PLAIN } from '../../../src/wire/structured-data.ts';
import type { ShapeTable } from '../../../src/wire/flat-codec.ts';
import { DIRECTORY, directory } from './durable-stage.ts';

const COUNT = 4_000;
/** They get a shape, since there are many of them. */
const shaped = Array.from({ length: COUNT }, (_, number): unknown => ({ number, words: 'some words to carry' }));

/** `test/first` (0) and `test/second` (1) the other way round, and one more. */
const turned = new Directory(
  defineModule({
    functions: ['test/other', 'test/second', 'test/first'].map((type) => defineFunction({ type, invoke: () => {} })),
  }),
);

function newShapes(): ShapeRegistry {
  return new ShapeRegistry(allocateShapeRegistry());
}

/** A delta with these messages to `test/second`, and how they are found again. */
function written(messages: readonly unknown[], functions: Directory, sourceType = 0): RecoveredMessages {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  fileSystem.makeDirectory(DIRECTORY);
  const options = { segmentBytesMax: 1 << 20, nextSegment: 1, segments: [] };
  const changelog = new ChangelogWriter(fileSystem, DIRECTORY, options);
  const shapes = newShapes();
  const writer = new EnvelopeWriter(new PayloadCodec(1 << 20, shapes));
  const block = new EnvelopeBlock();
  changelog.begin(1, 0);
  for (const [number, message] of messages.entries()) {
    const id = `id ${number}`;
    writer.write(KIND_MESSAGE, 1, hashId(id), id, sourceType, 'from', message, PLAIN, { attempts: number + 1 });
    block.place(writer);
    if (block.byteLength > 1 << 14) changelog.append(FRAME_MESSAGES, block.take());
  }
  changelog.append(FRAME_MESSAGES, block.take());
  changelog.append(FRAME_NAMES, Buffer.from(JSON.stringify(block.names(directory, shapes))));
  return new RecoveredMessages({ fileSystem, directory: DIRECTORY, functions }, changelog.end(true));
}

interface Taken {
  readonly type: number;
  readonly id: string;
  readonly sourceType: number;
  readonly message: unknown;
  readonly meta: unknown;
}

function taken(mailbox: Mailbox, shapes: ShapeTable): Taken[] {
  const reader = new EnvelopeReader(new PayloadCodec(1 << 20, shapes));
  const found: Taken[] = [];
  while (mailbox.objectCount > 0) {
    mailbox.takeObject((type, hash, id, message, sourceType, _source, _form, meta) => {
      found.push({ type, id: hash === hashId(id) ? id : '', sourceType, message, meta });
    });
  }
  const visit = (words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number): void => {
    reader.wrap(words, bytes, offsetBytes, byteLength);
    const { targetType: type, sourceType } = reader;
    const id = reader.targetHash === hashId(reader.targetId()) ? reader.targetId() : '';
    found.push({ type, id, sourceType, message: reader.payload(), meta: reader.meta() });
  };
  while (mailbox.takeEncoded(visit));
  return found;
}

function expected(messages: readonly unknown[], type: number, sourceType: number, more = {}): Taken[] {
  return messages.map((message, number) => {
    const meta = { attempts: number + 1, ...more };
    return { type, id: `id ${number}`, sourceType, message, meta };
  });
}

test('a few come as objects, the rest encoded and on disk, with the numbers of this engine and in order', () => {
  const storage = new MemorySpillStorage();
  const mailbox = new Mailbox(10, storage, 1 << 14);
  const shapes = newShapes();
  // The number that the shape was has another meaning here.
  for (const key of ['one', 'two', 'three']) shapes.register([key, 'words']);
  expect(written(shaped, turned).moveInto(mailbox, shapes)).toBe(COUNT);
  expect([mailbox.objectCount, mailbox.count, mailbox.memoryBytes < 1 << 16]).toEqual([10, COUNT, true]);
  expect(storage.blocksWritten).toBeGreaterThan(10);
  expect(shapes.register(['number', 'words'])?.number).toBe(3);
  expect(taken(mailbox, shapes)).toEqual(expected(shaped, 1, 2));
});

test('without room for their shape they come without one', () => {
  const mailbox = new Mailbox(0, new MemorySpillStorage(), 1 << 20);
  const none: ShapeTable = { get: () => expect.fail('there are no shapes'), register: () => undefined };
  written(shaped, turned).moveInto(mailbox, none);
  expect(taken(mailbox, none)).toEqual(expected(shaped, 1, 2));
});

test('to a function that has gone they are for somebody unknown, from one that has gone they are from nobody', () => {
  const none = new Directory(defineModule({ functions: [defineFunction({ type: 'test/third', invoke: () => {} })] }));
  const mailbox = new Mailbox(1, new MemorySpillStorage(), 1 << 20);
  written(['a', 'b', 'c'], none).moveInto(mailbox, newShapes());
  const names = { to: 'test/second', from: { type: 'test/first', id: 'from' } };
  const unknown = expected(['a', 'b', 'c'], TYPE_UNKNOWN, TYPE_NONE, names);
  expect(taken(mailbox, newShapes())).toEqual(unknown);
  const one = new Directory(defineModule({ functions: [defineFunction({ type: 'test/second', invoke: () => {} })] }));
  written(['a', 'b'], one).moveInto(mailbox, newShapes());
  expect(taken(mailbox, newShapes())).toEqual(expected(['a', 'b'], 0, TYPE_NONE));
});

test('who waits outside stays the caller', () => {
  const mailbox = new Mailbox(1, new MemorySpillStorage(), 1 << 20);
  written(['a', 'b'], turned, TYPE_ASKER).moveInto(mailbox, newShapes());
  expect(taken(mailbox, newShapes())).toEqual(expected(['a', 'b'], 1, TYPE_ASKER));
});
