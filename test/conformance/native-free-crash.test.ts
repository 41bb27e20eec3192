/**
 * Power losses and killed processes at random moments, over and over on one disk: after each, the store holds exactly
 * what some number of batches leaves, all resolved ones among them, each whole or not at all. Syncs end in an order
 * that the seed decides.
 */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../native-free/log-store.ts';
import { Prng } from '../../src/base/prng.ts';
import type { StateStore } from '../../src/store/state-store.ts';
import { SimulatedFileSystem } from '../../src/testing/simulated-file-system.ts';
import { bytes, entriesOf, text } from '../../src/testing/store-case.ts';

const SEEDS = Array.from({ length: 30 }, (_, index) => index + 1);
const LIVES_PER_SEED = 6;
const DIRECTORY = '/data/store';
/** A key of every batch, whose value no other batch has. */
const MARK = 'zz-last-batch';

type Change = readonly [key: string, value: string | undefined];
type Content = ReadonlyMap<string, string>;

/** What is known of one disk: the content that recovery found, and all batches since. */
class History {
  /** Content after each batch since the last recovery, the recovered one first. */
  readonly #contents: Content[];
  #resolvedCount = 0;

  constructor(recovered: Content) {
    this.#contents = [recovered];
  }

  add(changes: readonly Change[]): number {
    const content = new Map(this.#contents.at(-1));
    for (const [key, value] of changes) {
      if (value === undefined) content.delete(key);
      else content.set(key, value);
    }
    return this.#contents.push(content) - 1;
  }

  resolved(batch: number): void {
    assert.equal(batch, this.#resolvedCount + 1, 'batches are durable in order');
    this.#resolvedCount = batch;
  }

  /** Fails unless this is the content after a number of batches that includes every resolved one. */
  expectPrefix(found: Content): void {
    const allowed = this.#contents.slice(this.#resolvedCount).map(lines);
    const what = `after ${this.#resolvedCount} durable batches of ${this.#contents.length - 1}`;
    assert.ok(allowed.includes(lines(found)), `${what}:\n${lines(found)}`);
  }
}

function lines(content: Content): string {
  return [...content]
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join('\n');
}

async function contentOf(store: StateStore): Promise<Content> {
  const entries = await entriesOf(store.scan(bytes(''), undefined));
  const content = new Map(entries.map(({ key, value }) => [text(key), text(value)]));
  const keys = [...content.keys(), 'no such key'];
  const values = await store.getMany(keys.map(bytes));
  assert.deepEqual(
    values.map((value) => value && text(value)),
    keys.map((key) => content.get(key)),
  );
  return content;
}

/** One process: opens, writes, and is cut off. Its calls that are still under way never end. */
class Life {
  readonly #fileSystem: SimulatedFileSystem;
  readonly #prng: Prng;

  constructor(fileSystem: SimulatedFileSystem, prng: Prng) {
    this.#fileSystem = fileSystem;
    this.#prng = prng;
  }

  /** Returns what has happened, up to the moment of the cut. */
  async run(history: History): Promise<History> {
    const cut = { steps: this.#prng.below(250), isOver: false };
    let current = history;
    const work = this.#work((recovered) => {
      if (cut.isOver) return history;
      current.expectPrefix(recovered);
      current = new History(recovered);
      return current;
    }, cut);
    // After the cut everything it touches throws, which is its end; before it, nothing may go wrong.
    const failure = work.then(
      () => undefined,
      (error: unknown) => (cut.isOver ? undefined : error),
    );
    for (; cut.steps > 0; cut.steps--) await this.#turn();
    cut.isOver = true;
    this.#fileSystem.kill();
    assert.equal(await Promise.race([failure, nextTurn()]), undefined);
    return current;
  }

  async #work(recover: (recovered: Content) => History, cut: { readonly isOver: boolean }): Promise<void> {
    const store = await openStore({ directory: DIRECTORY, fileSystem: this.#fileSystem, cacheBytes: 0 });
    const history = recover(await contentOf(store));
    while (!cut.isOver) {
      const writes = Array.from({ length: 1 + this.#prng.below(3) }, () => this.#write(store, history, cut));
      const writing = Promise.all(writes);
      // Those that are not waited for are cut off as well, in one of the next steps.
      writing.catch(() => {});
      await (this.#prng.chance(0.7) ? writing : nextTurn());
      if (this.#prng.chance(0.03)) return store.close();
    }
  }

  async #write(store: StateStore, history: History, cut: { readonly isOver: boolean }): Promise<void> {
    const changes: Change[] = Array.from({ length: 1 + this.#prng.below(12) }, () => {
      const key = `key-${this.#prng.below(60)}`;
      const value = 'v'.repeat(this.#prng.below(this.#prng.chance(0.05) ? 5_000 : 100));
      return [key, this.#prng.chance(0.2) ? undefined : value];
    });
    const batch = store.batch();
    // No two batches leave the same content.
    changes.push([MARK, `${this.#prng.int32()}`]);
    const number = history.add(changes);
    for (const [key, value] of changes) {
      if (value === undefined) batch.delete(bytes(key));
      else batch.put(bytes(key), bytes(value));
    }
    await batch.write();
    if (!cut.isOver) history.resolved(number);
  }

  /** Lets the process go on for a moment, and ends some of its syncs. */
  async #turn(): Promise<void> {
    const count = this.#fileSystem.pendingSyncCount;
    if (count > 0 && this.#prng.chance(0.6)) this.#fileSystem.completeSync(this.#prng.below(count));
    await nextTurn();
  }
}

describe('a store that loses power or is killed', () => {
  test.each(SEEDS)('keeps whole what was resolved, and half of nothing (seed %i)', async (seed) => {
    const prng = new Prng(seed);
    let fileSystem = new SimulatedFileSystem();
    let history = new History(new Map());
    for (let life = 0; life < LIVES_PER_SEED; life++) {
      history = await new Life(fileSystem, prng).run(history);
      expect(fileSystem.violations).toEqual([]);
      // On a disk of its own, since calls of the life before may still be on their way to the old one.
      fileSystem = fileSystem.clone();
      if (prng.chance(0.75)) fileSystem.crash(prng);
    }
    fileSystem.autoSync = true;
    const store = await openStore({ directory: DIRECTORY, fileSystem, cacheBytes: 0 });
    history.expectPrefix(await contentOf(store));
    await store.close();
    expect(fileSystem.violations).toEqual([]);
  });
});
