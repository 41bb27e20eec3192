/**
 * The data directory itself: whose it is, what is refused, what is found damaged, and how much room it takes.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { counter, lines, store } from './durability-module.ts';
import {
  bytesUnder,
  ENTRY_NAMES,
  filesUnder,
  open,
  rejection,
  scratch,
  totalOf,
  versionOf,
  Victim,
} from './durability-stage.ts';

const MiB = 1 << 20;

/** Writes some of everything, and stops; records stay in the egress. */
async function fill(entry: string, folder: string): Promise<void> {
  const { engine } = await open(entry, folder);
  await Promise.all(Array.from({ length: 50 }, (_, index) => engine.send(counter, `id-${index}`, { add: 1 })));
  await engine.stop({ force: true });
}

/** Whether a file holds what it held; a start cuts off the zeros by which a changelog was longer than its deltas. */
function isKept(before: Buffer, after: Buffer | undefined): boolean {
  if (after === undefined || !before.subarray(0, after.length).equals(after)) return false;
  return before.subarray(after.length).every((byte) => byte === 0);
}

function dataUnder(folder: string): Map<string, Buffer> {
  const files = filesUnder(join(folder, 'data'));
  files.delete('lock');
  return files;
}

/** As a later version would have written it, checksum and all. */
function withNextFormat(text: string): string {
  const { checksum: _, ...fields } = JSON.parse(text) as { format: number; checksum: number };
  fields.format++;
  return JSON.stringify({ ...fields, checksum: crc32(JSON.stringify(fields)) });
}

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test('one engine at a time uses a directory, in this process', async () => {
    const folder = scratch();
    const { engine } = await open(entry, folder);
    expect(await rejection(open(entry, folder))).toMatchObject({ code: 'DATA_LOCKED' });
    await engine.send(counter, 'Kim', { add: 1 });
    await engine.stop();
    const second = await open(entry, folder);
    expect(await totalOf(second.engine, 'Kim')).toBe(1);
  });

  test('and in all processes, until the one that has it is killed', async () => {
    const folder = scratch();
    const victim = new Victim('hold', entry, folder);
    await victim.until((said) => said.length > 0);
    expect(await rejection(open(entry, folder))).toMatchObject({ code: 'DATA_LOCKED' });
    expect(await victim.kill()).toBe(true);
    const { engine } = await open(entry, folder);
    expect(await totalOf(engine, 'Kim')).toBe(0);
  });

  test('a failed start lets go of it', async () => {
    const folder = scratch();
    const module = new URL('./worker-broken-module.ts', import.meta.url);
    expect(await rejection(open(entry, folder, { module }))).toMatchObject({ code: 'SHARD_FAILED' });
    const { engine } = await open(entry, folder);
    expect(await totalOf(engine, 'Kim')).toBe(0);
  });

  test('the other entry point is refused, and named, and changes nothing', async () => {
    const folder = scratch();
    await fill(entry, folder);
    const before = dataUnder(folder);
    const other = ENTRY_NAMES.find((name) => name !== entry) as string;
    const error = await rejection(open(other, folder));
    expect(error).toMatchObject({ code: 'DATA_OTHER_STORE' });
    expect(error?.message).toContain(`import from '${entry}'`);
    expect(dataUnder(folder)).toEqual(before);
  });

  test('data of a later version is refused, and nothing is changed', async () => {
    const folder = scratch();
    await fill(entry, folder);
    const path = join(folder, 'data/millrace.json');
    writeFileSync(path, withNextFormat(readFileSync(path, 'utf8')));
    const before = dataUnder(folder);
    expect(await rejection(open(entry, folder))).toMatchObject({ code: 'DATA_TOO_NEW', details: { file: path } });
    expect(dataUnder(folder)).toEqual(before);
  });

  test.each([
    ['the format', /^millrace\.json$/],
    ['the manifest', /^manifest-\d+$/],
    ["a shard's changelog", /shard-0\/changelog-\d+\.log$/],
    ["an egress's changelog", /^egress\/.*changelog-\d+\.log$/],
  ])('damage to %s is refused with its place, and once it is mended all is there', async (_, pattern) => {
    const folder = scratch();
    await fill(entry, folder);
    const before = dataUnder(folder);
    const name = [...before.keys()].findLast((key) => pattern.test(key)) as string;
    const path = join(folder, 'data', name);
    const good = before.get(name) as Buffer;
    // More than once, since a manifest says everything twice.
    const bad = good.map((byte, index) => (index % 64 === 40 ? byte ^ 0x10 : byte)) as Buffer;
    writeFileSync(path, bad);
    const error = await rejection(open(entry, folder));
    expect(error).toMatchObject({
      name: 'MillraceError',
      code: 'DATA_DAMAGED',
      details: { file: path, offset: expect.any(Number) },
    });
    expect(error?.message).toContain(path);
    expect(readFileSync(path)).toEqual(bad);
    // Of all else, only the statement of what is committed is made anew, and the store may tidy its own.
    const isSame = (key: string): boolean => !key.startsWith('manifest-') && !key.includes('/store/');
    const others = [...before.keys()].filter((key) => key !== name && isSame(key));
    const after = dataUnder(folder);
    expect(others.filter((key) => !isKept(before.get(key) as Buffer, after.get(key)))).toEqual([]);
    writeFileSync(path, good);
    const { engine } = await open(entry, folder);
    for (let index = 0; index < 50; index++) expect(await totalOf(engine, `id-${index}`)).toBe(1);
  });

  test('a folder with something else in it is left alone', async () => {
    const folder = scratch();
    await fill(entry, folder);
    // The folder around it, with the directory `data` in it, is none.
    expect(await rejection(open(entry, folder, { directory: folder }))).toMatchObject({
      code: 'DATA_DAMAGED',
      details: { file: join(folder, 'millrace.json') },
    });
  });

  test('what lies on disk stays bounded under an endless load', async () => {
    const folder = scratch();
    const { engine } = await open(entry, folder, { memory: 16 * MiB });
    engine.egress(lines, () => {});
    const keep = 'x'.repeat(3_000);
    let sentBytes = 0;
    let versions = 0;
    let largest = 0;
    const spares = new Set<string>();
    while (sentBytes < 150 * MiB) {
      const sends: Promise<void>[] = [];
      for (let index = 0; index < 600; index++) {
        sends.push(engine.send(store, `id-${index % 100}`, { keep: `${versions}${keep}` }));
        sends.push(engine.send(counter, `id-${index}`, { add: 1 }, { idempotencyKey: `${versions}/${index}` }));
      }
      await Promise.all(sends);
      versions += 6;
      sentBytes += 600 * keep.length;
      largest = Math.max(largest, bytesUnder(join(folder, 'data')));
      for (const name of readdirSync(join(folder, 'data'), { recursive: true, encoding: 'utf8' })) {
        if (name.endsWith('.old')) spares.add(name);
      }
    }
    // Old segments are kept to be overwritten, and not for ever.
    expect(spares.size).toBeGreaterThan(0);
    const segments = [...spares].map((name) => join(folder, 'data', name));
    expect(segments.filter((path) => existsSync(path)).length).toBeLessThan(segments.length);
    expect(await versionOf(engine, 'id-0')).toBe(versions);
    expect(largest).toBeLessThan(40 * MiB);
    expect(statSync(join(folder, 'data/millrace.json')).isFile()).toBe(true);
  });
});
