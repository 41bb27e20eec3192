/**
 * Data directories on a simulated disk, over the native-free store, without an engine: made from a savepoint, given a
 * checkpoint that is not folded yet, and read as a whole. What one holds is plain text that can be compared.
 */
import { openStore } from '../../native-free/log-store.ts';
import type { FileSystem } from '../../src/base/file-system.ts';
import type { DataDirectory, DataDirectoryOptions } from '../../src/engine/data-directory.ts';
import { encodeEntry } from '../../src/engine/checkpoint-entry.ts';
import { dataRewriting } from '../../src/engine/data-rewriting.ts';
import { type DataPreparation, prepareData } from '../../src/engine/prepare-data.ts';
import { openShardStore, type StoreGround } from '../../src/engine/reshard-generation.ts';
import { writeCoordinatorPart } from '../../src/engine/savepoint-coordinator.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { KEY_GROUP_COUNT, shardOfHash } from '../../src/keys/key-group.ts';
import { MessageFrames } from '../../src/shard/durable/first-delta.ts';
import { encodePortable, messagesOfDelta, type PortableMessage } from '../../src/shard/durable/portable-message.ts';
import { readAppliedEpoch } from '../../src/shard/durable/durability.ts';
import { FRAME_STATE } from '../../src/shard/durable/delta-encoder.ts';
import { readKey, readValue } from '../../src/state/record-reader.ts';
import { recordNames, RecordWriter } from '../../src/state/record-writer.ts';
import { Entity } from '../../src/state/entity.ts';
import type { DeltaLocation } from '../../src/store/changelog-frame.ts';
import { segmentPath } from '../../src/store/changelog-segment.ts';
import { ChangelogWriter } from '../../src/store/changelog-writer.ts';
import { recoverChangelog } from '../../src/store/changelog-recovery.ts';
import { syncFile } from '../../src/store/durable-file.ts';
import { firstKeyOf } from '../../src/store/key-layout.ts';
import { MessageDigest, StateDigest, stateDigest } from '../../src/store/savepoint-digest.ts';
import { CONTENT_MESSAGES, CONTENT_STATE } from '../../src/store/savepoint-layout.ts';
import { writeSummary } from '../../src/store/savepoint-summary.ts';
import { SavepointWriter } from '../../src/store/savepoint-writer.ts';
import { PayloadCodec } from '../../src/wire/payload-codec.ts';

export const DATA = '/data';
export const SAVEPOINT = '/savepoint';
export const SAVEPOINT_EPOCH = 5;
const TYPE = 'test/thing';

const GROUND: StoreGround = { openStore, cacheBytes: 1 << 20 };
const names = recordNames(TYPE, ['text']);
const codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);

export function directoryOptions(fileSystem: FileSystem): DataDirectoryOptions {
  return { path: DATA, fileSystem, storeName: 'native-free', newId: () => 'an id' };
}

/** Opens a data directory as an engine with so many shards does. */
export async function open(
  fileSystem: FileSystem,
  shardCount: number,
  options: Partial<DataPreparation> = {},
): Promise<DataDirectory> {
  return await prepareData(directoryOptions(fileSystem), {
    shardCount,
    from: undefined,
    onProgress: undefined,
    rewriting: () => Promise.resolve(dataRewriting(GROUND)),
    ...options,
  });
}

/** What the things are whose number is below this: their ids spread over all key groups. */
export function things(count: number): ReadonlyMap<string, string> {
  return new Map(Array.from({ length: count }, (_, index) => [`thing-${index}`, `value ${index}`]));
}

function records(content: ReadonlyMap<string, string | undefined>): RecordWriter {
  const writer = new RecordWriter(codec, 1 << 16);
  for (const [id, text] of content) writer.write(entityOf(id, text), names);
  return writer;
}

function entityOf(id: string, text: string | undefined): Entity {
  const entity = new Entity(0, hashId(id), id);
  entity.writeCell(0, text);
  return entity;
}

export function message(id: string, text: string): PortableMessage {
  return { targetType: TYPE, targetId: id, sourceType: undefined, sourceId: '', message: { text } };
}

/** Writes a savepoint that holds these things and messages, a position and a key. */
export async function writeSavepoint(
  fileSystem: FileSystem,
  content: ReadonlyMap<string, string>,
  messages: readonly PortableMessage[],
): Promise<void> {
  const range = { firstKeyGroup: 0, endKeyGroup: KEY_GROUP_COUNT };
  const digest = new StateDigest();
  const messageDigest = new MessageDigest();
  const state = new SavepointWriter(fileSystem, SAVEPOINT, { content: CONTENT_STATE, ...range }, digest);
  for (const [key, value] of sortedEntries(content)) state.put(key, value);
  const inFlight = new SavepointWriter(fileSystem, SAVEPOINT, { content: CONTENT_MESSAGES, ...range }, messageDigest);
  for (const each of messages) {
    const { key, value } = encodePortable(each);
    inFlight.put(key, value);
  }
  const entry = { ingresses: { 'test/in': { source: 17, skip: 2 } }, egresses: {}, keys: ['key 1'] };
  const files = [
    await state.finish(),
    await inFlight.finish(),
    await writeCoordinatorPart(fileSystem, SAVEPOINT, entry, () => '').finish(),
  ];
  await writeSummary(fileSystem, SAVEPOINT, {
    epoch: SAVEPOINT_EPOCH,
    keyGroupCount: KEY_GROUP_COUNT,
    entityCount: content.size,
    messageCount: messages.length,
    stateDigest: stateDigest([digest.groups()]),
    messageDigest: messageDigest.digest,
    files,
  });
}

function sortedEntries(content: ReadonlyMap<string, string>): [Buffer, Buffer][] {
  const entries = [...content].map(([id, text]): [Buffer, Buffer] => {
    const { bytes, length } = records(new Map([[id, text]]));
    const keyEnd = 6 + bytes.readUInt16LE(0);
    return [Buffer.from(bytes.subarray(6, keyEnd)), Buffer.from(bytes.subarray(keyEnd, length))];
  });
  return entries.sort(([a], [b]) => a.compare(b));
}

/** Commits a further epoch, with changes (`undefined` removes) and messages in flight that only the changelogs hold. */
export async function commitEpoch(
  data: DataDirectory,
  changes: ReadonlyMap<string, string | undefined>,
  messages: readonly PortableMessage[],
): Promise<void> {
  const { last } = data;
  if (last === undefined) throw new Error('a checkpoint comes first');
  const shardCount = last.shards.length;
  const epoch = last.epoch + 1;
  const shards: DeltaLocation[] = [];
  for (let shard = 0; shard < shardCount; shard++) {
    const directory = data.shardDirectory(shard);
    const mine = (id: string): boolean => shardOfHash(hashId(id), shardCount) === shard;
    const changelog = new ChangelogWriter(data.fileSystem, directory, {
      segmentBytesMax: 1 << 20,
      ...recoverChangelog(data.fileSystem, directory, last.epoch, data.committedOf(shard), { delta() {}, frame() {} }),
    });
    changelog.begin(epoch, last.epoch);
    const { bytes, length } = records(new Map([...changes].filter(([id]) => mine(id))));
    if (length > 0) changelog.append(FRAME_STATE, bytes.subarray(0, length));
    const frames = new MessageFrames(changelog);
    for (const each of messages) if (mine(each.targetId)) frames.add(each);
    frames.finish();
    const location = changelog.end();
    changelog.close();
    await syncFile(data.fileSystem, segmentPath(directory, location.segment));
    shards.push(location);
  }
  const entry = { ...last, epoch, shards, keys: [] };
  await data.manifest.commit(epoch, encodeEntry(entry));
  data.last = entry;
}

export interface PlainData {
  readonly epoch: number;
  /** By id. */
  readonly state: ReadonlyMap<string, string>;
  /** By target, in order. */
  readonly messages: Readonly<Record<string, string[]>>;
  readonly ingresses: unknown;
  readonly keys: readonly string[];
}

/** Everything that a data directory holds, but for what is not folded: so call it after a change of the number of shards. */
export async function contentOf(data: DataDirectory): Promise<PlainData> {
  const { last, fileSystem } = data;
  const state = new Map<string, string>();
  const messages: Record<string, string[]> = {};
  // Without a checkpoint, too: what stands in stores then would be taken for state.
  const shardCount = last?.shards.length ?? fileSystem.list(`${DATA}/generation-1`).length;
  for (let shard = 0; shard < shardCount; shard++) {
    const directory = data.shardDirectory(shard);
    const store = await openShardStore(data, GROUND, directory);
    const applied = await readAppliedEpoch(store);
    if (applied > data.lastEpoch) throw new Error(`shard ${shard} has folded epoch ${applied}`);
    for await (const group of store.scan(firstKeyOf(0), firstKeyOf(KEY_GROUP_COUNT))) {
      for (const { key, value } of group) {
        const { id } = readKey(Buffer.from(key), 0, key.length);
        if (shardOfHash(hashId(id), shardCount) !== shard) throw new Error(`${id} is in shard ${shard}`);
        if (state.has(id)) throw new Error(`${id} is there twice`);
        const entity = new Entity(0, hashId(id), id);
        readValue(codec, Buffer.from(value), 0, names, entity);
        state.set(id, entity.readCell(0) as string);
      }
    }
    await store.close();
    const location = last?.shards[shard];
    if (location === undefined) continue;
    for (const group of messagesOfDelta(fileSystem, directory, location)) {
      for (const each of group) (messages[each.targetId] ??= []).push((each.message as { text: string }).text);
    }
  }
  return { epoch: data.lastEpoch, state, messages, ingresses: last?.ingresses, keys: data.keys };
}
