/**
 * LevelDB in its store: what opening can run into, and what becomes of damaged tables. LevelDB does not verify what it
 * reads, so those are read through the checked store.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { NodeFileSystem } from '../../../src/base/node-file-system.ts';
import { crc32c, maskedCrc32c } from '../../../src/level/crc32c.ts';
import { openStore } from '../../../src/level/level-store.ts';
import { verifyTables } from '../../../src/level/leveldb-files.ts';
import type { StateStore } from '../../../src/store/state-store.ts';
import { bytes, entriesOf } from '../../../src/testing/store-case.ts';
import { runTool } from '../../tool.ts';
import { makeDatabase } from './sample-database.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-level-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let directoryCount = 0;
const newDirectory = (): string => join(root, `store-${++directoryCount}`);
const fileSystem = new NodeFileSystem();
const open = (directory: string): Promise<StateStore> => openStore({ directory, fileSystem, cacheBytes: 1 << 20 });

describe('opening', () => {
  test('a directory that is open already is refused as locked', async () => {
    const directory = newDirectory();
    const store = await open(directory);
    await expect(open(directory)).rejects.toMatchObject({ code: 'DATA_LOCKED', details: { file: directory } });
    await store.close();
    await (await open(directory)).close();
  });

  test.each(['CURRENT', 'MANIFEST'])('a damaged %s is refused as damaged', async (name) => {
    const directory = newDirectory();
    await makeDatabase(directory);
    const file = readdirSync(directory).find((each) => each.startsWith(name)) ?? '';
    writeFileSync(join(directory, file), 'nonsense, and nothing but');
    await expect(open(directory)).rejects.toMatchObject({ code: 'DATA_DAMAGED', details: { file: directory } });
  });

  test('a directory that cannot be made is a failure of the storage', async () => {
    const directory = newDirectory();
    writeFileSync(directory, 'a file');
    await expect(open(join(directory, 'store'))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      cause: expect.anything(),
    });
  });
});

describe('a log with a damaged batch', () => {
  const BATCHES = 6;

  /** The files of a process that was killed: several batches in the log, each of some blocks. */
  async function killedDatabase(): Promise<string> {
    const living = newDirectory();
    const store = await open(living);
    for (let number = 0; number < BATCHES; number++) {
      const batch = store.batch();
      batch.put(bytes(`key-${number}`), new Uint8Array(20_000).fill(number));
      await batch.write();
    }
    const killed = newDirectory();
    cpSync(living, killed, { recursive: true });
    await store.close();
    return killed;
  }

  async function countAfter(damage: (log: Buffer) => Buffer): Promise<number> {
    const directory = await killedDatabase();
    const name = readdirSync(directory).find((each) => each.endsWith('.log')) ?? '';
    writeFileSync(join(directory, name), damage(readFileSync(join(directory, name))));
    const store = await open(directory);
    const entries = await entriesOf(store.scan(bytes(''), undefined));
    await store.close();
    return entries.length;
  }

  test('is refused, with its place', async () => {
    const flip = (at: number) => (log: Buffer) => {
      log[at] ^= 0x20;
      return log;
    };
    for (const at of [0, 5, 6, 15_000, 32_768, 60_000, 79_000]) {
      await expect(countAfter(flip(at))).rejects.toMatchObject({
        code: 'DATA_DAMAGED',
        details: { file: expect.stringMatching(/\.log$/), offset: expect.any(Number) },
      });
    }
  });

  test('is a torn end when nothing follows', async () => {
    expect(await countAfter((log) => log)).toBe(BATCHES);
    for (const cut of [1, 10_000, 20_000]) {
      expect(await countAfter((log) => log.subarray(0, log.length - cut))).toBe(BATCHES - 1);
    }
  });
});

test('the checksum of LevelDB is CRC-32C', () => {
  const digits = bytes('123456789');
  expect(crc32c(digits, 0, digits.length)).toBe(0xe3069283);
  expect(maskedCrc32c(digits, 0, 0)).toBe(0xa282ead8);
});

test('no byte of a table can change unnoticed by its verification, nor can it be cut', async () => {
  const directory = newDirectory();
  await makeDatabase(directory, 20);
  const store = await open(directory);
  const name = readdirSync(directory).find((each) => each.endsWith('.ldb')) ?? '';
  const path = join(directory, name);
  const original = readFileSync(path);
  const outcomeOf = async (changed: Uint8Array): Promise<string> => {
    writeFileSync(path, changed);
    return verifyTables(directory).then(
      () => 'harmless',
      (error: { code: string }) => error.code,
    );
  };
  expect(await outcomeOf(original)).toBe('harmless');
  const harmless: number[] = [];
  for (let at = 0; at < original.length; at++) {
    const changed = Buffer.from(original);
    changed[at] ^= 0x01;
    if ((await outcomeOf(changed)) === 'harmless') harmless.push(at);
  }
  for (let length = 0; length < original.length; length += 7) {
    expect(await outcomeOf(original.subarray(0, length))).toBe('DATA_DAMAGED');
  }
  writeFileSync(path, original);
  await store.close();
  // Between what the footer says and its last eight bytes there are zeros that nobody reads.
  expect(harmless.filter((at) => at < original.length - 44 || at >= original.length - 8)).toEqual([]);
});

const ROUNDS = 80;

/** The outcome of each round. Where the process ended, its last round was noticed in LevelDB's own way. */
async function readDamaged(intact: string, copies: string): Promise<string[]> {
  const outcomes: string[] = [];
  while (outcomes.length < ROUNDS) {
    const rounds = [String(outcomes.length), String(ROUNDS)];
    const script = join(import.meta.dirname, 'damaged-table.ts');
    const { code, stdout, output } = await runTool(process.execPath, [script, intact, copies, ...rounds]);
    const lines = stdout.split('\n').filter((line) => line !== '');
    outcomes.push(...lines);
    if (code === 0) break;
    outcomes.push(/Assertion .* failed/.test(output) ? 'aborted' : output);
  }
  return outcomes;
}

test('a damaged table never gives a wrong value, and what it lacks is noticed', async () => {
  const intact = newDirectory();
  const copies = newDirectory();
  mkdirSync(copies);
  await makeDatabase(intact);
  const outcomes = await readDamaged(intact, copies);
  expect(outcomes).toHaveLength(ROUNDS);
  expect(outcomes.filter((outcome) => !['noticed', 'harmless', 'aborted'].includes(outcome))).toEqual([]);
  expect(outcomes.filter((outcome) => outcome === 'noticed').length).toBeGreaterThan(ROUNDS / 2);
});
