/**
 * Every byte of a manifest and of its witness flipped, every length to which they could be cut, and entries hit in both
 * copies: an entry that was committed is read as it was written, or somebody is told in which file and where it is lost.
 * Only the last one can go unnoticed, and only when its witness is gone, too.
 */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { Manifest } from '../../../src/store/manifest.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { contentOf } from './changelog-stage.ts';
import { flipped, flips, outcome, truncations } from './damage.ts';
import { DATA, openAll, payloadOf, plainEntries, writeManifest } from './manifest-stage.ts';

const WITNESS = `${DATA}/committed`;
const MANIFEST_1 = `${DATA}/manifest-0000000001`;
const MANIFEST_2 = `${DATA}/manifest-0000000002`;

interface Stage {
  readonly disk: SimulatedFileSystem;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly entries: unknown;
}

async function stage(
  epochs: readonly number[],
  path: string,
  replacedAt?: number,
  paddingBytes?: number,
): Promise<Stage> {
  const disk = await writeManifest(epochs, replacedAt, paddingBytes);
  return { disk, path, bytes: disk.readFile(path), entries: read(disk) };
}

const four = (): Promise<Stage> => stage([1, 2, 3, 4], MANIFEST_1);
const padded = (): Promise<Stage> => stage([1, 2, 3, 4], MANIFEST_1, undefined, 500);
const replaced = (): Promise<Stage> => stage([1, 2, 3, 4, 5, 6], MANIFEST_2, 5);

function read(disk: SimulatedFileSystem): unknown {
  const before = contentOf(disk);
  const found = outcome(() => {
    const { manifest, entries } = Manifest.open(disk, DATA);
    manifest.close();
    return plainEntries(entries);
  });
  assert.deepEqual(contentOf(disk), before, 'opening changes nothing');
  return found;
}

/** What is read when a file holds other bytes, with or without the witness. */
function readDamaged({ disk, path }: Stage, bytes: Uint8Array, hasWitness = true): unknown {
  const copy = disk.clone();
  copy.writeFile(path, bytes);
  if (!hasWitness) copy.remove(WITNESS);
  return read(copy);
}

test.each([
  ['four entries', four, 4],
  ['four entries with zeros behind them', padded, 4],
  ['a replaced one', replaced, 2],
])('any one byte of %s', async (_what, make, count) => {
  const found = await make();
  expect(found.entries).toHaveLength(count);
  for (const { what, bytes } of flips(found.bytes)) {
    assert.deepEqual(readDamaged(found, bytes), found.entries, what);
    assert.deepEqual(readDamaged(found, bytes, false), found.entries, what);
  }
});

test.each([
  ['four entries', four],
  ['a replaced one', replaced],
])('any end of %s', async (_what, make) => {
  const found = await make();
  const entries = found.entries as unknown[];
  const entryLength = found.bytes.length / entries.length;
  for (const { what, offset, bytes } of truncations(found.bytes)) {
    // One copy is enough, so an entry is lost when half of it is.
    const whole = Math.floor(offset / entryLength + 0.5);
    const lost = { damagedFile: found.path, offset: whole * entryLength };
    assert.deepEqual(readDamaged(found, bytes), whole === entries.length ? entries : lost, what);
    const without = whole === 0 ? lost : entries.slice(0, whole);
    assert.deepEqual(readDamaged(found, bytes, false), without, `${what}, without witness`);
  }
});

test('both copies of an entry', async () => {
  const found = await four();
  const copyLength = found.bytes.length / 8;
  for (let entry = 0; entry < 4; entry++) {
    const lost = { damagedFile: MANIFEST_1, offset: 2 * entry * copyLength };
    for (let inCopy = 0; inCopy < copyLength; inCopy++) {
      for (const mask of [0x01, 0xff]) {
        const first = flipped(found.bytes, 2 * entry * copyLength + inCopy, mask);
        const both = flipped(first, (2 * entry + 1) * copyLength + inCopy, mask);
        const what = `entry ${entry}, byte ${inCopy} ^ ${mask}`;
        assert.deepEqual(readDamaged(found, both), lost, what);
        const without = entry === 3 ? (found.entries as unknown[]).slice(0, 3) : lost;
        assert.deepEqual(readDamaged(found, both, false), without, `${what}, without witness`);
      }
    }
  }
  expect(found.entries).toHaveLength(4);
});

test('many bytes at once', async () => {
  const found = await four();
  const entries = found.entries as unknown[];
  const outcomes = { same: 0, noticed: 0, prefix: 0 };
  const copyLength = found.bytes.length / 8;
  const isHit = (copy: number, bytes: Uint8Array): boolean => {
    const [from, to] = [copy * copyLength, (copy + 1) * copyLength];
    return Buffer.compare(bytes.subarray(from, to), found.bytes.subarray(from, to)) !== 0;
  };
  for (let seed = 0; seed < 2_000; seed++) {
    const random = new Prng(seed);
    const bytes = found.bytes.slice();
    for (let count = random.below(6) + 1; count > 0; count--) bytes[random.below(bytes.length)] = random.below(256);
    const hasWitness = random.chance(0.5);
    const result = readDamaged(found, bytes, hasWitness);
    if (!Array.isArray(result)) outcomes.noticed++;
    else if (result.length === 4) {
      assert.deepEqual(result, entries, `seed ${seed}`);
      outcomes.same++;
    } else {
      assert.ok(!hasWitness, `seed ${seed}`);
      assert.deepEqual(result, entries.slice(0, result.length), `seed ${seed}`);
      const copies = Array.from({ length: 8 }, (_, copy) => copy).slice(2 * result.length);
      assert.ok(
        copies.every((copy) => isHit(copy, bytes)),
        `seed ${seed}`,
      );
      outcomes.prefix++;
    }
  }
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(50);
});

test('the witness', async () => {
  const { disk, entries } = await four();
  const bytes = disk.readFile(WITNESS);
  const slots = [...bytes.keys()].filter((offset) => offset < 16 || offset >= 4096);
  expect(slots.length).toBe(32);
  const damages = [
    ...[...flips(bytes)].filter(({ offset }) => slots.includes(offset)),
    ...[...truncations(bytes)].filter(({ offset }) => offset % 512 === 0 || slots.includes(offset)),
    { what: 'other bytes', bytes: new Uint8Array(5_000).fill(0x55) },
  ];
  for (const { what, bytes: damagedBytes } of damages) {
    const copy = disk.clone();
    copy.writeFile(WITNESS, damagedBytes);
    assert.deepEqual(read(copy), entries, what);
    // It still bears witness of what the other slot holds.
    const { manifest } = await openAll(copy);
    await manifest.commit(5, payloadOf(5));
    manifest.close();
    copy.remove(MANIFEST_2);
    assert.deepEqual(read(copy), { damagedFile: MANIFEST_1, offset: 0 }, what);
  }
});

test('a damaged copy is whole again where the last entry is stated anew', async () => {
  const found = await four();
  const goneOn = async (disk: SimulatedFileSystem): Promise<Uint8Array> => {
    const { manifest } = await openAll(disk);
    await manifest.commit(5, payloadOf(5));
    manifest.close();
    return disk.readFile(MANIFEST_2);
  };
  const undamaged = await goneOn(found.disk.clone());
  const copyLength = found.bytes.length / 8;
  for (const which of [0, 5, 6, 7]) {
    const disk = found.disk.clone();
    disk.writeFile(MANIFEST_1, flipped(found.bytes, which * copyLength + 12, 0xff));
    expect(Buffer.compare(await goneOn(disk), undamaged)).toBe(0);
    const entries = [4, 5].map((epoch) => [epoch, `epoch ${epoch}`]);
    expect(read(disk)).toEqual(entries);
  }
});
