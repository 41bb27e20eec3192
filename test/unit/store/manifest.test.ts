/**
 * The manifest: what was committed is there again, in order and across replacements; a commit resolves when it is
 * durable; what a crash or a failed call leaves is either the entry or nothing; and after a failure nothing goes on.
 */
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import type { MillraceError } from '../../../src/sdk/errors.ts';
import { CommitWitness } from '../../../src/store/commit-witness.ts';
import { Manifest } from '../../../src/store/manifest.ts';
import { encodeEntry } from '../../../src/store/manifest-entry.ts';
import { COPY_VERSION, SLOT_BYTES, SLOT_OFFSETS } from '../../../src/store/manifest-layout.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { newDisk } from './changelog-stage.ts';
import { outcome } from './damage.ts';
import { DATA, openAll, payloadOf, plainEntries, writeManifest } from './manifest-stage.ts';

const MANIFEST_1 = `${DATA}/manifest-0000000001`;
const MANIFEST_2 = `${DATA}/manifest-0000000002`;
const WITNESS = `${DATA}/committed`;

test('entries come back in order, in a new process, too', async () => {
  const disk = newDisk(DATA);
  const { manifest, entries } = Manifest.open(disk, DATA);
  expect(entries).toEqual([]);
  expect(manifest.byteLength).toBe(0);
  for (const epoch of [1, 2, 7]) await manifest.commit(epoch, payloadOf(epoch));
  expect(manifest.byteLength).toBe(disk.readFile(MANIFEST_1).length);
  manifest.close();
  for (let again = 0; again < 3; again++) {
    const opened = Manifest.open(disk, DATA);
    expect(plainEntries(opened.entries)).toEqual([1, 2, 7].map((epoch) => [epoch, `epoch ${epoch}`]));
    expect(opened.manifest.byteLength).toBe(disk.readFile(MANIFEST_1).length);
    opened.manifest.close();
  }
  const opened = await openAll(disk);
  await opened.manifest.commit(8, new Uint8Array(0));
  expect(plainEntries(Manifest.open(disk, DATA).entries).at(-1)).toEqual([8, '']);
});

test('a replacement is a new file, and the old one goes', async () => {
  const disk = await writeManifest([1, 2]);
  const { manifest } = Manifest.open(disk, DATA);
  const before = manifest.byteLength;
  await manifest.replace(3, payloadOf(3));
  expect(manifest.byteLength).toBeLessThan(before);
  expect(disk.list(DATA)).toEqual(['.made', 'committed', 'manifest-0000000002']);
  await manifest.commit(4, payloadOf(4));
  await manifest.replace(4, Buffer.from('once more'));
  await manifest.commit(9, payloadOf(9));
  manifest.close();
  expect(disk.list(DATA)).toEqual(['.made', 'committed', 'manifest-0000000003']);
  expect(plainEntries(Manifest.open(disk, DATA).entries)).toEqual([
    [4, 'once more'],
    [9, 'epoch 9'],
  ]);
});

test('it is long when so much has been added as its first entry takes, and as it may at least', async () => {
  const disk = newDisk(DATA);
  const { manifest } = Manifest.open(disk, DATA);
  expect(manifest.isLong(0)).toBe(true);
  let epoch = 1;
  let writtenBytes = 0;
  let addedBytes = 0;
  // As with keys that are known: each new one is written again with all the others, now and then.
  for (const added = Buffer.alloc(100); epoch <= 2_000; epoch++) {
    addedBytes += added.length;
    const bytes = manifest.isLong(4_000) ? Buffer.alloc(addedBytes) : added;
    if (manifest.isLong(4_000)) await manifest.replace(epoch, bytes);
    else await manifest.commit(epoch, bytes);
    writtenBytes += bytes.length;
  }
  expect(writtenBytes).toBeLessThan(4 * addedBytes);
  manifest.close();
});

test('a commit resolves when its entry is durable, and not before', async () => {
  const disk = await writeManifest([1]);
  const { manifest } = await openAll(disk);
  disk.autoSync = false;
  let resolved = false;
  const committing = manifest.commit(2, payloadOf(2)).then(() => {
    resolved = true;
    return undefined;
  });
  await turns();
  expect([resolved, disk.pendingSyncs.map(({ path }) => path)]).toEqual([false, [MANIFEST_2]]);
  expect(epochsAfterCrashes(disk)).toEqual(new Set([1, 2]));
  disk.completeSync(0);
  await committing;
  expect(epochsAfterCrashes(disk)).toEqual(new Set([2]));
});

test('a replacement resolves when the file and its name are durable', async () => {
  const disk = await writeManifest([1]);
  const { manifest } = Manifest.open(disk, DATA);
  disk.autoSync = false;
  const replacing = manifest.replace(2, payloadOf(2));
  await turns();
  expect(disk.pendingSyncs).toMatchObject([{ operation: 'sync', path: `${MANIFEST_2}.new` }]);
  expect(epochsAfterCrashes(disk)).toEqual(new Set([1]));
  disk.completeSync(0);
  await turns();
  expect(disk.pendingSyncs).toMatchObject([{ operation: 'syncDirectory', path: DATA }]);
  expect(disk.exists(MANIFEST_1)).toBe(true);
  expect(epochsAfterCrashes(disk)).toEqual(new Set([1, 2]));
  disk.completeSync(0);
  await replacing;
  expect(epochsAfterCrashes(disk)).toEqual(new Set([2]));
  expect(disk.exists(MANIFEST_1)).toBe(false);
});

test('the entry that a killed process leaves in the page cache is durable when it is stated anew', async () => {
  const disk = await writeManifest([1]);
  const { manifest } = await openAll(disk);
  disk.autoSync = false;
  void manifest.commit(2, payloadOf(2));
  await turns();
  disk.kill();
  disk.autoSync = true;
  const next = Manifest.open(disk, DATA);
  expect(next.entries.at(-1)?.epoch).toBe(2);
  expect(epochsAfterCrashes(disk)).toEqual(new Set([1, 2]));
  await expect(next.manifest.commit(3, payloadOf(3))).rejects.toThrow('in a new file before anything is added');
  await next.manifest.replace(2, next.entries[1].bytes);
  expect(epochsAfterCrashes(disk)).toEqual(new Set([2]));
});

test('stating it anew writes what a failed sync of a process before has left clean and not durable', async () => {
  const disk = await writeManifest([1]);
  const { manifest } = await openAll(disk);
  disk.fault = ({ operation }) => (operation === 'sync' ? 'EIO' : undefined);
  await expect(manifest.commit(2, payloadOf(2))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  disk.fault = undefined;
  disk.kill();
  const next = await openAll(disk);
  expect(next.entries.at(-1)?.epoch).toBe(2);
  expect(epochsAfterCrashes(disk)).toEqual(new Set([2]));
});

test('after a failed sync the process that saw it replaces the file, and does not sync it again', async () => {
  const disk = await writeManifest([1]);
  const { manifest } = await openAll(disk);
  disk.fault = ({ operation }) => (operation === 'sync' ? 'EIO' : undefined);
  await expect(manifest.commit(2, payloadOf(2))).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    details: { file: MANIFEST_2 },
  });
  disk.fault = undefined;
  for (const action of [() => manifest.commit(3, payloadOf(3)), () => manifest.replace(3, payloadOf(3))]) {
    await expect(action()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  }
  manifest.close();
  const next = Manifest.open(disk, DATA);
  await next.manifest.replace(2, payloadOf(2));
  await next.manifest.commit(3, payloadOf(3));
  expect(epochsAfterCrashes(disk)).toEqual(new Set([3]));
  expect(disk.violations).toEqual([]);
});

test('a torn last entry is left out, and not carried over', async () => {
  const disk = await writeManifest([1, 2]);
  const whole = disk.readFile(MANIFEST_1);
  const torn = Buffer.concat([whole, encodeEntry({ epoch: 3, bytes: payloadOf(3) }, 1, whole.length).subarray(0, 30)]);
  disk.writeFile(MANIFEST_1, torn);
  const { manifest, entries } = Manifest.open(disk, DATA);
  expect(entries.length).toBe(2);
  expect(disk.readFile(MANIFEST_1)).toHaveLength(torn.length);
  await manifest.replace(2, entries[1].bytes);
  await manifest.commit(3, payloadOf(3));
  expect(plainEntries(Manifest.open(disk, DATA).entries)).toEqual([2, 3].map((epoch) => [epoch, `epoch ${epoch}`]));
});

test('what an interrupted replacement leaves is cleared away', async () => {
  const disk = await writeManifest([1, 2]);
  const older = disk.readFile(MANIFEST_1);
  disk.writeFile(`${MANIFEST_2}.new`, new Uint8Array([1, 2, 3]));
  await (await openAll(disk)).manifest.replace(3, payloadOf(3));
  disk.writeFile(MANIFEST_1, older);
  disk.writeFile(`${DATA}/manifest-0000000009.new`, older);
  const { entries } = await openAll(disk);
  expect(plainEntries(entries)).toEqual([[3, 'epoch 3']]);
  expect(disk.list(DATA)).toEqual(['.made', 'committed', 'manifest-0000000004']);
});

test('the witness notices that the last entry is lost, and that the manifest is', async () => {
  const disk = await writeManifest([1, 2, 3]);
  const bytes = disk.readFile(MANIFEST_1);
  const end = (bytes.length * 2) / 3;
  disk.writeFile(MANIFEST_1, bytes.slice(0, end));
  expect(outcome(() => Manifest.open(disk, DATA))).toEqual({ damagedFile: MANIFEST_1, offset: end });
  const without = disk.clone();
  without.remove(WITNESS);
  expect(Manifest.open(without, DATA).entries.length).toBe(2);
  disk.remove(MANIFEST_1);
  expect(outcome(() => Manifest.open(disk, DATA))).toEqual({ damagedFile: MANIFEST_1, offset: 0 });
});

test('the witness claims nothing that is not committed, and its failures are nobody’s business', async () => {
  const disk = await writeManifest([1]);
  const { manifest } = await openAll(disk);
  disk.fault = ({ path }) => (path === WITNESS ? 'EIO' : undefined);
  await manifest.commit(2, payloadOf(2));
  await manifest.commit(3, payloadOf(3));
  disk.fault = undefined;
  const bytes = disk.readFile(MANIFEST_2);
  disk.writeFile(MANIFEST_2, bytes.slice(0, bytes.length / 3));
  expect(Manifest.open(disk, DATA).entries.length).toBe(1);
  disk.fault = ({ path }) => (path === WITNESS ? 'EIO' : undefined);
  expect(Manifest.open(disk, DATA).entries.length).toBe(1);
});

test('the witness keeps the epoch before, should the last one be torn', async () => {
  const disk = await writeManifest([1]);
  let lastEpoch = 1;
  for (const count of [1, 2, 3, 1, 1]) {
    const { manifest } = await openAll(disk);
    for (const until = lastEpoch + count; lastEpoch < until; ) {
      await manifest.commit(++lastEpoch, payloadOf(lastEpoch));
      expect(new CommitWitness(disk, DATA).epoch).toBe(lastEpoch);
      const witnessed = SLOT_OFFSETS.map((offset) => {
        const copy = disk.clone();
        copy.writeFile(WITNESS, Uint8Array.from(disk.readFile(WITNESS)).fill(0, offset, offset + SLOT_BYTES));
        return new CommitWitness(copy, DATA).epoch;
      });
      expect(new Set(witnessed)).toEqual(new Set([lastEpoch - 1, lastEpoch]));
    }
    manifest.close();
  }
});

test('entries that are right in themselves and do not belong there are damage', async () => {
  const disk = await writeManifest([1, 2]);
  const bytes = disk.readFile(MANIFEST_1);
  disk.writeFile(MANIFEST_2, bytes);
  expect(outcome(() => Manifest.open(disk, DATA))).toEqual({ damagedFile: MANIFEST_2, offset: 0 });
  disk.remove(MANIFEST_2);
  const older = encodeEntry({ epoch: 2, bytes: payloadOf(2) }, 1, bytes.length);
  disk.writeFile(MANIFEST_1, Buffer.concat([bytes, older]));
  expect(outcome(() => Manifest.open(disk, DATA))).toEqual({ damagedFile: MANIFEST_1, offset: bytes.length });
});

test('entries of a later format are refused as such', async () => {
  const disk = await writeManifest([1]);
  const bytes = Buffer.from(disk.readFile(MANIFEST_1));
  const half = bytes.length / 2;
  for (const copy of [bytes.subarray(0, half), bytes.subarray(half)]) {
    copy.writeUInt16LE(2, COPY_VERSION);
    copy.writeUInt32LE(crc32(copy.subarray(4)));
  }
  disk.writeFile(MANIFEST_1, bytes);
  expect(() => Manifest.open(disk, DATA)).toThrow(expect.objectContaining({ code: 'DATA_TOO_NEW' }));
});

test('a payload that looks like a manifest is not taken for one', async () => {
  const inner = (await writeManifest([1, 2, 3])).readFile(MANIFEST_1);
  const disk = newDisk(DATA);
  const { manifest } = Manifest.open(disk, DATA);
  await manifest.commit(1, inner);
  await manifest.commit(2, inner);
  manifest.close();
  const bytes = disk.readFile(MANIFEST_1);
  const copyLength = bytes.length / 4;
  for (const which of [0, 1, 2, 3]) {
    const damagedBytes = bytes.slice();
    damagedBytes[which * copyLength] ^= 0xff;
    disk.writeFile(MANIFEST_1, damagedBytes);
    expect(Manifest.open(disk, DATA).entries.map(({ epoch }) => epoch)).toEqual([1, 2]);
  }
});

test('calls out of order are mistakes', async () => {
  const disk = await writeManifest([1, 2]);
  const { manifest } = await openAll(disk);
  await expect(manifest.commit(2, payloadOf(2))).rejects.toThrow('epochs only grow');
  await expect(manifest.replace(1, payloadOf(1))).rejects.toThrow('epochs only grow');
  const first = manifest.commit(3, payloadOf(3));
  await expect(manifest.commit(4, payloadOf(4))).rejects.toThrow('one commit at a time');
  await first;
  manifest.close();
  await expect(manifest.commit(5, payloadOf(5))).rejects.toThrow('closed');
  expect(Manifest.open(disk, DATA).entries.map(({ epoch }) => epoch)).toEqual([2, 3]);
});

test('whichever call fails, the entry is there or it is not, and the next process goes on', async () => {
  let callCount = 0;
  const run = async (failing: number, fault: 'EIO' | 'short') => {
    const disk = await writeManifest([1]);
    const { manifest } = await openAll(disk);
    const before = disk.callCount;
    disk.fault = ({ number }) => (number - before === failing ? fault : undefined);
    let resolvedEpoch = 1;
    let error: unknown;
    try {
      await manifest.commit(2, payloadOf(2));
      resolvedEpoch = 2;
      await manifest.replace(3, payloadOf(3));
      resolvedEpoch = 3;
    } catch (caught) {
      error = caught;
    }
    callCount = disk.callCount - before;
    disk.fault = undefined;
    return { disk, resolvedEpoch, error };
  };
  await run(0, 'EIO');
  const total = callCount;
  expect(total).toBeGreaterThan(8);
  for (let failing = 1; failing <= total; failing++) {
    for (const fault of ['EIO', 'short'] as const) {
      const { disk, resolvedEpoch, error } = await run(failing, fault);
      expect([resolvedEpoch < 3 ? 'STORAGE_FAILED' : undefined]).toEqual([(error as MillraceError | undefined)?.code]);
      expect(disk.violations).toEqual([]);
      for (const epoch of epochsAfterCrashes(disk)) expect([resolvedEpoch, resolvedEpoch + 1]).toContain(epoch);
      disk.kill();
      const { manifest, entries } = await openAll(disk);
      expect(epochsAfterCrashes(disk)).toEqual(new Set([entries.at(-1)?.epoch]));
      await manifest.commit(10, payloadOf(10));
      await manifest.replace(11, payloadOf(11));
      expect(epochsAfterCrashes(disk)).toEqual(new Set([11]));
    }
  }
});

/** The last epochs that are found after power losses of all kinds. */
function epochsAfterCrashes(disk: SimulatedFileSystem): Set<number | undefined> {
  const epochs = new Set<number | undefined>();
  for (let seed = 0; seed < 40; seed++) {
    const after = disk.clone();
    after.crash(new Prng(seed));
    epochs.add(Manifest.open(after, DATA).entries.at(-1)?.epoch);
  }
  return epochs;
}

/** Lets everything happen that needs no disk. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test('a file that grows in steps holds the same entries, with zeros behind them', async () => {
  const epochs = [1, 2, 3, 4, 5];
  const plain = (await writeManifest(epochs)).readFile(MANIFEST_1);
  for (const paddingBytes of [1, 64, 100, 1_000]) {
    const disk = await writeManifest(epochs, undefined, paddingBytes);
    const bytes = disk.readFile(MANIFEST_1);
    expect(bytes.length % paddingBytes, `steps of ${paddingBytes}`).toBe(0);
    expect(bytes.length - plain.length).toBeLessThan(paddingBytes);
    expect(Buffer.compare(bytes.subarray(0, plain.length), plain)).toBe(0);
    expect(bytes.subarray(plain.length).every((byte) => byte === 0)).toBe(true);
    const { manifest, entries } = Manifest.open(disk, DATA, paddingBytes);
    expect(plainEntries(entries)).toEqual(epochs.map((epoch) => [epoch, `epoch ${epoch}`]));
    expect(manifest.byteLength).toBe(plain.length);
    manifest.close();
    for (let length = plain.length; length <= bytes.length; length++) {
      disk.writeFile(MANIFEST_1, bytes.slice(0, length));
      expect(plainEntries(Manifest.open(disk, DATA).entries)).toHaveLength(5);
    }
  }
});
