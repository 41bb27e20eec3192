/**
 * The format of savepoints: what is written comes back, the digests say what is in it and nothing of how it is divided,
 * and a reader takes no file for another.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import {
  SAVEPOINT_FORMAT_VERSION,
  SAVEPOINT_HEADER_CHECKSUM,
  SAVEPOINT_VERSION,
} from '../../../src/store/savepoint-layout.ts';
import { readSummary } from '../../../src/store/savepoint-summary.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { newDisk } from './changelog-stage.ts';
import {
  GROUP_COUNT,
  type PlainSavepoint,
  readSavepoint,
  SAVEPOINT,
  stateKey,
  writeSavepoint,
} from './savepoint-stage.ts';

const SMALL: PlainSavepoint = {
  state: [
    [stateKey(0, 'a'), 'one'],
    [stateKey(0, 'b'), ''],
    [stateKey(3, 'a'), 'three'],
    [stateKey(7, ''), 'seven'],
  ],
  messages: [
    ['to a', 'first'],
    ['to b', 'second'],
    ['to a', 'first'],
  ],
  coordinator: [['ingress', '17']],
};

const EMPTY: PlainSavepoint = { state: [], messages: [], coordinator: [] };

const HALVES = [
  [0, 3],
  [3, GROUP_COUNT],
] as const;

function rename(disk: SimulatedFileSystem, from: string, to: string): void {
  disk.writeFile(join(SAVEPOINT, to), disk.readFile(join(SAVEPOINT, from)));
}

test.each([
  ['small', SMALL],
  ['empty', EMPTY],
])('a %s savepoint comes back as it was written', async (_, content) => {
  const disk = newDisk(SAVEPOINT);
  await writeSavepoint(disk, content);
  expect(readSavepoint(disk)).toEqual(content);
});

test('records of any length come back, in blocks of many and of one', async () => {
  const key = fc.tuple(fc.nat(GROUP_COUNT - 1), fc.string({ maxLength: 20, unit: 'grapheme-ascii' }));
  const value = fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(key, value), { selector: ([[group, name]]) => stateKey(group, name) }),
      async (drawn) => {
        const state = drawn
          .map(
            ([[group, name], [length, unit]]) =>
              [stateKey(group, name), String.fromCharCode(unit).repeat(length)] as const,
          )
          .toSorted(([a], [b]) => (a < b ? -1 : 1));
        const disk = newDisk(SAVEPOINT);
        await writeSavepoint(disk, { ...EMPTY, state });
        expect(readSavepoint(disk).state).toEqual(state);
      },
    ),
    { numRuns: 40, seed: 7 },
  );
});

test('the digests do not depend on the division into files', async () => {
  const [whole, halves] = [newDisk(SAVEPOINT), newDisk(SAVEPOINT)];
  const one = await writeSavepoint(whole, SMALL);
  const two = await writeSavepoint(halves, SMALL, HALVES);
  expect(two.files.length).toBe(one.files.length + 2);
  expect([two.stateDigest, two.messageDigest]).toEqual([one.stateDigest, one.messageDigest]);
  expect(readSavepoint(halves).state).toEqual(SMALL.state);
});

test('the digests depend on every record, and on how often a message is there', async () => {
  const digests = new Set<string>();
  const variants: PlainSavepoint[] = [
    SMALL,
    { ...SMALL, state: SMALL.state.slice(1) },
    { ...SMALL, state: SMALL.state.with(0, [stateKey(0, 'a'), 'two']) },
    { ...SMALL, state: SMALL.state.with(0, [stateKey(0, 'A'), 'one']) },
    { ...SMALL, messages: SMALL.messages.slice(1) },
    { ...SMALL, messages: SMALL.messages.with(0, ['to a', 'other']) },
    { ...SMALL, messages: SMALL.messages.with(0, ['to c', 'first']) },
  ];
  for (const variant of variants) {
    const { stateDigest, messageDigest } = await writeSavepoint(newDisk(SAVEPOINT), variant);
    digests.add(`${stateDigest} ${messageDigest}`);
  }
  expect(digests.size).toBe(variants.length);
  const turned = await writeSavepoint(newDisk(SAVEPOINT), { ...SMALL, messages: SMALL.messages.toReversed() });
  const straight = await writeSavepoint(newDisk(SAVEPOINT), SMALL);
  expect(turned.messageDigest).toBe(straight.messageDigest);
});

test('a directory without savepoint.json is no savepoint', async () => {
  const disk = newDisk(SAVEPOINT);
  await writeSavepoint(disk, SMALL);
  disk.remove(join(SAVEPOINT, 'savepoint.json'));
  expect(() => readSavepoint(disk)).toThrow(
    expect.objectContaining({
      code: 'SAVEPOINT_DAMAGED',
      details: { file: join(SAVEPOINT, 'savepoint.json'), offset: 0 },
    }),
  );
});

test('power fails while one is written: it is whole, or it is none', async () => {
  const seen = { whole: 0, none: 0 };
  for (let callCount = 1; callCount < 50; callCount++) {
    const disk = newDisk(SAVEPOINT);
    const start = disk.callCount;
    disk.fault = ({ number }) => (number > start + callCount ? 'EIO' : undefined);
    await writeSavepoint(disk, SMALL, HALVES).catch(() => {});
    for (let seed = 0; seed < 12; seed++) {
      const after = disk.clone();
      after.crash(new Prng(seed));
      const isThere = after.exists(join(SAVEPOINT, 'savepoint.json'));
      expect(isThere ? readSavepoint(after).state : SMALL.state).toEqual(SMALL.state);
      seen[isThere ? 'whole' : 'none']++;
    }
  }
  expect(seen.whole).toBeGreaterThan(5);
  expect(seen.none).toBeGreaterThan(5);
});

test('a file that is missing, or is another one, is named', async () => {
  const disk = newDisk(SAVEPOINT);
  await writeSavepoint(disk, SMALL, HALVES);
  const damagedIn = (name: string): unknown =>
    expect.objectContaining({
      code: 'SAVEPOINT_DAMAGED',
      details: expect.objectContaining({ file: join(SAVEPOINT, name) }) as unknown,
    });
  const gone = disk.clone();
  gone.remove(join(SAVEPOINT, 'state-0003-0008.mrs'));
  expect(() => readSavepoint(gone)).toThrow(damagedIn('state-0003-0008.mrs'));
  const swapped = disk.clone();
  rename(swapped, 'messages-0000-0003.mrm', 'messages-0003-0008.mrm');
  expect(() => readSavepoint(swapped)).toThrow(damagedIn('messages-0003-0008.mrm'));
});

test('a file of the same length and another savepoint is refused', async () => {
  const disk = newDisk(SAVEPOINT);
  const other = newDisk(SAVEPOINT);
  await writeSavepoint(disk, SMALL);
  await writeSavepoint(other, { ...SMALL, state: SMALL.state.with(0, [stateKey(0, 'a'), 'two']) });
  const path = join(SAVEPOINT, 'state-0000-0008.mrs');
  disk.writeFile(path, other.readFile(path));
  expect(() => readSavepoint(disk)).toThrow(expect.objectContaining({ code: 'SAVEPOINT_DAMAGED' }) as Error);
});

test('keys out of order are not taken, whatever their checksums', async () => {
  const disk = newDisk(SAVEPOINT);
  await writeSavepoint(disk, { ...EMPTY, state: [SMALL.state[1], SMALL.state[0]] });
  expect(() => readSavepoint(disk)).toThrow(/a key is not in its place/);
});

test('a newer format is refused as such', async () => {
  const disk = newDisk(SAVEPOINT);
  await writeSavepoint(disk, SMALL);
  const newer = disk.clone();
  const path = join(SAVEPOINT, 'savepoint.json');
  const text = Buffer.from(newer.readFile(path)).toString();
  const { checksum: _, ...fields } = JSON.parse(text) as Record<string, unknown>;
  const changed = { ...fields, format: SAVEPOINT_FORMAT_VERSION + 1 };
  newer.writeFile(path, Buffer.from(`${JSON.stringify({ ...changed, checksum: crc32(JSON.stringify(changed)) })}\n`));
  expect(() => readSummary(newer, SAVEPOINT, GROUP_COUNT)).toThrow(
    expect.objectContaining({ code: 'DATA_TOO_NEW' }) as Error,
  );
  const file = join(SAVEPOINT, 'state-0000-0008.mrs');
  const bytes = Buffer.from(disk.readFile(file));
  bytes.writeUInt32LE(SAVEPOINT_FORMAT_VERSION + 1, SAVEPOINT_VERSION);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SAVEPOINT_HEADER_CHECKSUM)), SAVEPOINT_HEADER_CHECKSUM);
  disk.writeFile(file, bytes);
  expect(() => readSavepoint(disk)).toThrow(expect.objectContaining({ code: 'DATA_TOO_NEW' }) as Error);
});

test('another number of key groups is refused', async () => {
  const disk = newDisk(SAVEPOINT);
  await writeSavepoint(disk, SMALL);
  expect(() => readSummary(disk, SAVEPOINT, 1024)).toThrow(/key groups/);
});
