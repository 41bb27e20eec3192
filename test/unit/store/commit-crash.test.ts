/**
 * Changelogs and a manifest used together as an engine uses them, through many lives that end in a power loss, a kill or
 * a failed call at any point, that of recovery included. Each life must find the last epoch whose commit resolved, or
 * the one whose commit was under way, and every delta that is not folded as it was written for that epoch.
 */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { MillraceError } from '../../../src/sdk/errors.ts';
import type { DeltaLocation } from '../../../src/store/changelog-frame.ts';
import { segmentPath } from '../../../src/store/changelog-segment.ts';
import { ChangelogWriter } from '../../../src/store/changelog-writer.ts';
import { Manifest } from '../../../src/store/manifest.ts';
import type { DiskOperation } from '../../../src/testing/disk-fault.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { framesOf, newDisk, recover, writeDelta } from './changelog-stage.ts';
import { DATA } from './manifest-stage.ts';

const SHARDS: readonly number[] = [0, 1];
const shardDirectory = (shard: number): string => `${DATA}/shard-${shard}`;

/** What must be true of the disk, kept outside of it. */
interface Truth {
  /** The epoch whose commit resolved last, and the last one whose commit was begun. */
  resolvedEpoch: number;
  begunEpoch: number;
  /** What the stores of the shards have folded, durably. */
  applied: number[];
  /** Which life wrote each committed epoch. */
  writers: Map<number, number>;
  /** Whether the process goes on in which a life before has failed. */
  isSameProcess: boolean;
}

interface Payload {
  readonly life: number;
  readonly locations: readonly DeltaLocation[];
}

/** How often lives found what. */
const seen = { lives: 0, resolved: 0, underWay: 0, lostUnderWay: 0, redone: 0, sameProcess: 0 };

test('after whatever ends a life, the next one finds what was committed', async () => {
  for (let seed = 0; seed < 150; seed++) await liveManyTimes(seed);
  expect(seen.lives).toBe(150 * 8);
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(30);
});

async function liveManyTimes(seed: number): Promise<void> {
  const random = new Prng(seed);
  let disk = newDisk(DATA);
  for (const shard of SHARDS) disk.writeFile(`${shardDirectory(shard)}/.made`, new Uint8Array(0));
  const truth: Truth = { resolvedEpoch: 0, begunEpoch: 0, applied: [0, 0], writers: new Map(), isSameProcess: false };
  for (let life = 1; life <= 8; life++) {
    seen.lives++;
    try {
      disk = await liveOnce(disk, life, truth, random);
    } catch (error) {
      throw new Error(`seed ${seed}, life ${life}`, { cause: error });
    }
  }
}

/** Lives until a random call to the disk, and gives the disk as it is after that. */
async function liveOnce(
  disk: SimulatedFileSystem,
  life: number,
  truth: Truth,
  random: Prng,
): Promise<SimulatedFileSystem> {
  const lastCall = random.below(random.chance(0.3) ? 20 : 150) + 1;
  const before = disk.callCount;
  const isFault = random.chance(0.3);
  let left: { disk: SimulatedFileSystem; truth: Truth } | undefined;
  let failed: DiskOperation | undefined;
  disk.fault = ({ number, operation }) => {
    if (number - before < lastCall) return undefined;
    // In a life that ends by a fault, only that call fails, and what comes of it counts.
    if (isFault) {
      if (failed !== undefined) return undefined;
      failed = operation;
      return random.pick(['EIO', 'short', 'ENOSPC'] as const);
    }
    left ??= { disk: disk.clone(), truth: structuredClone(truth) };
    return 'EIO';
  };
  await work(disk, life, truth, random).catch((error: unknown) => {
    const isStorage = error instanceof MillraceError && error.code === 'STORAGE_FAILED';
    const isSystem = error instanceof Error && 'syscall' in error;
    if (!isStorage && !isSystem) throw error;
  });
  assert.deepEqual(disk.violations, []);
  disk.fault = undefined;
  if (left !== undefined) Object.assign(truth, left.truth);
  const next = left?.disk ?? disk;
  // A directory that could not be synced cannot be replaced, so that ends the process. Otherwise it may try again.
  truth.isSameProcess = failed !== undefined && failed !== 'syncDirectory' && random.chance(0.5);
  if (truth.isSameProcess) seen.sameProcess++;
  else if (random.chance(0.7)) next.crash(random);
  else next.kill();
  return next;
}

async function work(disk: SimulatedFileSystem, life: number, truth: Truth, random: Prng): Promise<void> {
  const { manifest, entries } = Manifest.open(disk, DATA, random.pick([0, 100, 4_096]));
  const last = entries.at(-1);
  const lastEpoch = last?.epoch ?? 0;
  assert.ok(lastEpoch === truth.resolvedEpoch || lastEpoch === truth.begunEpoch, `epoch ${lastEpoch} was found`);
  const payload = last && (JSON.parse(Buffer.from(last.bytes).toString()) as Payload);
  // A life before may have seen an entry in the page cache and died before it was durable.
  for (const epoch of truth.writers.keys()) if (epoch > lastEpoch) truth.writers.delete(epoch);
  if (payload !== undefined) truth.writers.set(lastEpoch, payload.life);
  count(truth, lastEpoch);
  const writers = SHARDS.map((shard) => recoverShard(disk, shard, lastEpoch, payload?.locations[shard], truth, random));
  // A process in which a sync has failed must not sync that file again (I9), and does not know here which one it was.
  if (last !== undefined) await manifest.replace(last.epoch, last.bytes);
  // Durable now, and so nothing may lose it any more.
  truth.resolvedEpoch = lastEpoch;
  truth.begunEpoch = lastEpoch;

  let previousEpoch = lastEpoch;
  for (let count = 0; count < 8; count++) {
    const epoch = previousEpoch + 1 + random.below(2);
    const locations = writers.map((writer, shard) =>
      writeDelta(writer, epoch, framesOf(epoch, life * 10 + shard), previousEpoch),
    );
    await Promise.all(writers.map((writer, shard) => syncShard(disk, shard, writer, locations[shard])));
    truth.begunEpoch = epoch;
    const bytes = Buffer.from(JSON.stringify({ life, locations } satisfies Payload));
    await (random.chance(0.25) ? manifest.replace(epoch, bytes) : manifest.commit(epoch, bytes));
    truth.resolvedEpoch = epoch;
    truth.writers.set(epoch, life);
    previousEpoch = epoch;
    for (const writer of writers) writer.committed(epoch);
    foldSome(writers, truth, epoch, random);
  }
}

function count(truth: Truth, lastEpoch: number): void {
  if (truth.begunEpoch === truth.resolvedEpoch) seen.resolved++;
  else if (lastEpoch === truth.begunEpoch) seen.underWay++;
  else seen.lostUnderWay++;
}

/** Recovers one shard and compares what is to be redone with what was written. */
function recoverShard(
  disk: SimulatedFileSystem,
  shard: number,
  epoch: number,
  location: DeltaLocation | undefined,
  truth: Truth,
  random: Prng,
): ChangelogWriter {
  const directory = shardDirectory(shard);
  const committed = location && { epoch, location };
  const { deltas, nextSegment, segments, spares } = recover(disk, truth.applied[shard], committed, directory);
  const wanted = [...truth.writers.keys()]
    .filter((key) => key > truth.applied[shard] && key <= epoch)
    .toSorted((a, b) => a - b);
  assert.deepEqual(
    deltas,
    wanted.map((key) => ({ epoch: key, frames: framesOf(key, (truth.writers.get(key) ?? 0) * 10 + shard) })),
  );
  seen.redone += deltas.length;
  const reuseLastSegment = !truth.isSameProcess;
  const segmentBytesMax = random.below(600);
  const files = { spareCountMax: random.below(4), spares, paddingBytes: random.pick([0, 16, 200]) };
  return new ChangelogWriter(disk, directory, { segmentBytesMax, nextSegment, segments, reuseLastSegment, ...files });
}

/** As the coordinator does it: by path. */
async function syncShard(
  disk: SimulatedFileSystem,
  shard: number,
  writer: ChangelogWriter,
  { segment }: DeltaLocation,
): Promise<void> {
  const directory = shardDirectory(shard);
  const file = disk.open(segmentPath(directory, segment), 'append');
  await file.sync();
  file.close();
  if (writer.isNewSegment) await disk.syncDirectory(directory);
}

function foldSome(writers: readonly ChangelogWriter[], truth: Truth, epoch: number, random: Prng): void {
  for (const [shard, writer] of writers.entries()) {
    if (!random.chance(0.3)) continue;
    const folded = [...truth.writers.keys()].filter((key) => key >= truth.applied[shard] && key <= epoch);
    if (folded.length > 0) truth.applied[shard] = random.pick(folded);
    writer.removeThrough(truth.applied[shard]);
  }
}
