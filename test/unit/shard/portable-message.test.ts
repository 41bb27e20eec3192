/**
 * Messages in flight out of one engine's delta and into another's: whatever they hold, whoever sent them and however
 * they were encoded, they arrive as they were and in their order.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashId } from '../../../src/keys/id-hash.ts';
import { FirstDelta } from '../../../src/shard/durable/first-delta.ts';
import { ASKER_TYPE } from '../../../src/shard/function-binding.ts';
import {
  decodePortable,
  encodePortable,
  messagesOfDelta,
  type PortableMessage,
} from '../../../src/shard/durable/portable-message.ts';
import { FRAME_MESSAGES, FRAME_NAMES, FRAME_STATE } from '../../../src/shard/durable/delta-encoder.ts';
import type { DeltaLocation } from '../../../src/store/changelog-frame.ts';
import { ChangelogWriter } from '../../../src/store/changelog-writer.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { EnvelopeBlock } from '../../../src/wire/envelope-block.ts';
import { KIND_MESSAGE, TYPE_ASKER, TYPE_NONE } from '../../../src/wire/envelope-layout.ts';
import { EnvelopeWriter } from '../../../src/wire/envelope-writer.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { allocateShapeRegistry, ShapeRegistry } from '../../../src/wire/shape-registry.ts';
import { PLAIN } from '../../../src/wire/structured-data.ts';

const DIRECTORY = '/data/shard-0';
const TYPES = ['a/one', 'a/two', 'b/three'];

function newDisk(): SimulatedFileSystem {
  const disk = new SimulatedFileSystem({ autoSync: true });
  disk.writeFile(`${DIRECTORY}/.made`, new Uint8Array(0));
  return disk;
}

function read(disk: SimulatedFileSystem, location: DeltaLocation): PortableMessage[] {
  return [...messagesOfDelta(disk, DIRECTORY, location)].flat();
}

/** Writes them as the first delta of a shard, and reads them back. */
async function through(messages: readonly PortableMessage[]): Promise<PortableMessage[]> {
  const disk = newDisk();
  const delta = new FirstDelta(disk, DIRECTORY, 7);
  for (const message of messages) delta.add(message);
  return read(disk, await delta.finish());
}

const id = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' });
const value = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    -0,
    '\ud800',
    '\ufeffx',
    2n ** 70n,
    new Date(5),
    new Map([[{ a: 1 }, new Set([2])]]),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.uint8Array({ maxLength: 40 }),
);
const source = fc.oneof(
  fc.constant({ sourceType: undefined, sourceId: '' }),
  fc.record({ sourceType: fc.constantFrom(...TYPES, ASKER_TYPE), sourceId: id }),
);
const meta = fc.oneof(
  fc.constant(undefined),
  fc.record({ ifExists: fc.constant(true as const), attempts: fc.nat(), later: id }),
);
const portable = fc
  .tuple(fc.constantFrom(...TYPES), id, source, value, meta)
  .map(([targetType, targetId, from, message, beside]): PortableMessage => {
    return { targetType, targetId, ...from, message, meta: beside };
  });

test('whatever a message is, it comes through a savepoint and a first delta unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(portable, { maxLength: 12 }), async (messages) => {
      const records = messages.map(encodePortable);
      expect(records.map(({ key, value: bytes }) => decodePortable(key, bytes))).toEqual(messages);
      expect(await through(messages)).toEqual(messages);
    }),
    { seed: 3, numRuns: 150 },
  );
});

test('more than one frame keeps its order', async () => {
  const messages = Array.from({ length: 3_000 }, (_, index): PortableMessage => {
    const text = 'x'.repeat(index % 200);
    return {
      targetType: 'a/one',
      targetId: `id-${index % 7}`,
      sourceType: undefined,
      sourceId: '',
      message: { index, text },
    };
  });
  expect(await through(messages)).toEqual(messages);
});

test('a message may be nested as deep as any', async () => {
  let message: unknown = 'core';
  for (let depth = 0; depth < 63; depth++) message = [message];
  const deep: PortableMessage = { targetType: 'a/one', targetId: 'x', sourceType: undefined, sourceId: '', message };
  const { key, value: bytes } = encodePortable(deep);
  expect(decodePortable(key, bytes)).toEqual(deep);
  expect(await through([deep])).toEqual([deep]);
});

test('shapes and numbers of the engine that wrote them are resolved by the names that it wrote', () => {
  const disk = newDisk();
  const shapes = new ShapeRegistry(allocateShapeRegistry());
  const writer = new EnvelopeWriter(new PayloadCodec(1 << 20, shapes));
  const block = new EnvelopeBlock();
  // A shape is used once it has been seen a few times.
  for (let number = 0; number < 200; number++) {
    writer.write(
      KIND_MESSAGE,
      41,
      hashId('t'),
      't',
      number === 0 ? TYPE_ASKER : 17,
      '9',
      { number, more: 'text' },
      PLAIN,
      number === 199 ? { attempts: 7 } : undefined,
    );
    block.place(writer);
  }
  writer.write(KIND_MESSAGE, 41, hashId('t'), 't', TYPE_NONE, '', 'last', PLAIN);
  block.place(writer);
  const names = block.names({ typeName: (number) => (number === 41 ? 'a/target' : 'a/source') }, shapes);
  expect(Object.keys(names.shapes).length).toBeGreaterThan(0);
  const changelog = new ChangelogWriter(disk, DIRECTORY, { segmentBytesMax: 1 << 20, nextSegment: 1, segments: [] });
  changelog.begin(3, 2);
  changelog.append(FRAME_STATE, Buffer.from('not looked at'));
  changelog.append(FRAME_MESSAGES, block.take());
  changelog.append(FRAME_NAMES, Buffer.from(JSON.stringify(names)));
  const messages = read(disk, changelog.end());
  expect(messages).toHaveLength(201);
  const target = { targetType: 'a/target', targetId: 't' };
  expect(messages[0]).toEqual({
    ...target,
    sourceType: ASKER_TYPE,
    sourceId: '9',
    message: { number: 0, more: 'text' },
  });
  expect(messages[199]).toEqual({
    ...target,
    sourceType: 'a/source',
    sourceId: '9',
    message: { number: 199, more: 'text' },
    meta: { attempts: 7 },
  });
  expect(messages[200]).toEqual({ ...target, sourceType: undefined, sourceId: '', message: 'last' });
});

test('a delta without messages has none', async () => {
  expect(await through([])).toEqual([]);
});
