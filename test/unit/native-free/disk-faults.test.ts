/**
 * Every call to the disk fails once. Whatever it was, batches that were resolved stay, batches that were not are there
 * whole or not at all, nothing is synced after a failed sync (I9), and a store whose disk refused a write takes no more
 * calls.
 */
import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../native-free/log-store.ts';
import { Prng } from '../../../src/base/prng.ts';
import { MillraceError } from '../../../src/sdk/errors.ts';
import type { StateStore } from '../../../src/store/state-store.ts';
import type { DiskCall, DiskFault } from '../../../src/testing/disk-fault.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { bytes, entriesOf, text } from '../../../src/testing/store-case.ts';

const DIRECTORY = '/data/store';
const BATCHES = 26;
const READS: readonly string[] = ['open', 'list', 'exists', 'readAt'];

/** Batch `number` puts two keys of its own, overwrites one that all share, and deletes one of the batch before. */
async function writeBatch(store: StateStore, number: number): Promise<void> {
  const batch = store.batch();
  batch.put(bytes(`${number}-a`), bytes('a'.repeat(1_000)));
  batch.put(bytes(`${number}-b`), bytes('b'.repeat(1_000)));
  batch.put(bytes('shared'), bytes(`${number}`));
  batch.delete(bytes(`${number - 1}-b`));
  await batch.write();
}

class Run {
  readonly resolved: number[] = [];
  readonly errors: unknown[] = [];
  readonly calls: DiskCall[] = [];
  call: DiskCall | undefined;
  readonly fileSystem: SimulatedFileSystem;

  constructor(failingCall: number, fault: DiskFault) {
    const hook = (call: DiskCall): DiskFault | undefined => {
      this.calls.push(call);
      if (call.number !== failingCall) return undefined;
      this.call = call;
      return fault;
    };
    this.fileSystem = new SimulatedFileSystem({ autoSync: true, fault: hook });
  }

  /** A store that is opened, written to and read, closed, opened again, written to, read and closed. */
  async run(): Promise<this> {
    for (const from of [0, BATCHES / 2]) {
      const store = await this.#attempt(() =>
        openStore({ directory: DIRECTORY, fileSystem: this.fileSystem, cacheBytes: 0 }),
      );
      if (store === undefined) return this;
      for (let number = from; number < from + BATCHES / 2; number++) await this.#writeAndRead(store, number);
      await this.#attempt(() => entriesOf(store.scan(bytes(''), undefined)));
      if (this.#isWriteFault()) await expectStopped(store);
      await this.#attempt(() => store.close());
      // What fails while the store closes is its last, and may be of no consequence.
      if (this.call !== undefined) return this;
    }
    return this;
  }

  #isWriteFault(): boolean {
    return this.call !== undefined && !READS.includes(this.call.operation);
  }

  async #writeAndRead(store: StateStore, number: number): Promise<void> {
    await this.#attempt(async () => {
      await writeBatch(store, number);
      this.resolved.push(number);
    });
    await this.#attempt(async () => {
      const [value] = await store.getMany([bytes('shared')]);
      assert.equal(value && text(value), this.resolved.length === 0 ? undefined : `${this.resolved.at(-1)}`);
    });
  }

  async #attempt<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await call();
    } catch (error) {
      this.errors.push(error);
      return undefined;
    }
  }
}

async function expectStopped(store: StateStore): Promise<void> {
  const isStopped = (error: unknown): boolean => error instanceof MillraceError && error.code === 'STORAGE_FAILED';
  await assert.rejects(store.getMany([bytes('a')]), isStopped);
  await assert.rejects(writeBatch(store, 99), isStopped);
  await assert.rejects(entriesOf(store.scan(bytes(''), undefined)), isStopped);
}

/** What is on the disk must be the outcome of all resolved batches and perhaps the one after them. */
async function expectPrefix(fileSystem: SimulatedFileSystem, resolvedCount: number): Promise<void> {
  const store = await openStore({ directory: DIRECTORY, fileSystem, cacheBytes: 0 });
  const entries = await entriesOf(store.scan(bytes(''), undefined));
  await store.close();
  const found = entries.map(({ key, value }) => `${text(key)}=${value.length < 10 ? text(value) : value.length}`);
  const allowed = [contentAfter(resolvedCount), contentAfter(resolvedCount + 1)];
  assert.ok(allowed.includes(found.join()), `${found.join()} after ${resolvedCount} batches`);
}

function contentAfter(batchCount: number): string {
  const entries = Array.from({ length: batchCount }, (_, number) => `${number}-a=1000`);
  if (batchCount > 0) entries.push(`${batchCount - 1}-b=1000`, `shared=${batchCount - 1}`);
  return entries.toSorted().join();
}

const countingRun = await new Run(0, 'EIO').run();
const CALLS = Array.from({ length: countingRun.fileSystem.callCount }, (_, index) => index + 1);

describe('a disk that fails once', () => {
  test('the run that counts the calls makes tables, merges them, and fails nowhere', () => {
    expect(countingRun.errors).toEqual([]);
    expect(countingRun.resolved).toHaveLength(BATCHES);
    expect(CALLS.length).toBeGreaterThan(150);
    const tables = countingRun.fileSystem.paths().filter((path) => path.endsWith('.table'));
    expect(tables.length).toBeLessThan(4);
  });

  test.each(['EIO', 'short'] as const)('%s at any call loses nothing that was durable', async (fault) => {
    for (const call of CALLS) {
      const { fileSystem, resolved, errors } = await new Run(call, fault).run();
      const where = `call ${call}`;
      expect(
        errors.filter((error) => !(error instanceof MillraceError)),
        where,
      ).toEqual([]);
      expect(resolved, where).toEqual(resolved.map((_, index) => index));
      expect(fileSystem.violations, where).toEqual([]);
      for (const seed of [0, call]) {
        const after = fileSystem.clone();
        if (seed > 0) after.crash(new Prng(seed));
        await expectPrefix(after, resolved.length);
      }
    }
  });

  test('dying before a new manifest is durable, and again while opening, loses nothing', async () => {
    const renames = countingRun.calls.filter(({ operation }) => operation === 'rename').map(({ number }) => number);
    expect(renames.length).toBeGreaterThan(10);
    for (const rename of renames) {
      const { fileSystem, resolved } = await new Run(rename + 1, 'EIO').run();
      for (let lastCall = 1; lastCall < 25; lastCall++) {
        const second = fileSystem.clone();
        second.fault = ({ number }) => (number > lastCall ? 'EIO' : undefined);
        const opening = openStore({ directory: DIRECTORY, fileSystem: second, cacheBytes: 0 });
        await (await opening.catch(() => undefined))?.close().catch(() => {});
        for (const seed of [1, 2, 3, 4]) {
          const third = second.clone();
          third.crash(new Prng(seed * 100 + lastCall));
          await expectPrefix(third, resolved.length);
        }
      }
    }
  });

  test('a failed sync is not forgotten: what it lost does not look like damage later', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true });
    const first = await openStore({ directory: DIRECTORY, fileSystem, cacheBytes: 1 << 20 });
    await writeBatch(first, 0);
    fileSystem.fault = ({ operation }) => (operation === 'sync' ? 'EIO' : undefined);
    await expect(writeBatch(first, 1)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await first.close();

    const next = fileSystem.clone();
    const second = await openStore({ directory: DIRECTORY, fileSystem: next, cacheBytes: 1 << 20 });
    await writeBatch(second, 2);
    const content = (await entriesOf(second.scan(bytes(''), undefined))).map(({ key }) => text(key));
    next.crash(new Prng(1));
    const third = await openStore({ directory: DIRECTORY, fileSystem: next, cacheBytes: 1 << 20 });
    const keys = (await entriesOf(third.scan(bytes(''), undefined))).map(({ key }) => text(key));
    expect(keys).toEqual(content);
  });

  test('a full disk stops the store, and with more room it opens again', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true, capacityBytes: 20_000 });
    const store = await openStore({ directory: DIRECTORY, fileSystem, cacheBytes: 0 });
    let count = 0;
    await assert.rejects(async () => {
      for (; ; count++) await writeBatch(store, count);
    });
    expect(count).toBeGreaterThan(2);
    await expectStopped(store);
    // Whoever comes later hears why, too.
    await assert.rejects(store.getMany([bytes('a')]), /earlier failure: .*ENOSPC/);
    await store.close();
    const after = fileSystem.clone();
    after.capacityBytes = 1_000_000;
    await expectPrefix(after, count);
  });
});
