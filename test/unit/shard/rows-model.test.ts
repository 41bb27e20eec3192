/**
 * Rows against a sorted map, whatever happens to them: random writes, removals and erasures of prefixes within prefixes,
 * with cuts, commits, steps of folding, crashes and recoveries at any moment between. A seed names a run.
 */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { BASE, collect, END, RowStage } from './row-stage.ts';

const SEED_COUNT = 400;
const STEP_COUNT = 120;
const LETTERS = ['a', 'b', '\xff'] as const;

class Run {
  readonly #prng: Prng;
  readonly #stage = new RowStage();
  #now = new Map<string, unknown>();
  /** As of each cut that is not committed yet, and of the last commit. */
  #cuts: Map<string, unknown>[] = [];
  #committed = new Map<string, unknown>();
  #count = 0;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
  }

  /** Returns how many rows there are in the end. */
  async run(): Promise<number> {
    for (let step = 0; step < STEP_COUNT; step++) {
      await this.#step();
      if (this.#prng.chance(0.2)) await this.#check();
    }
    await this.#end();
    return this.#now.size;
  }

  #text(lengthMax: number): string {
    return Array.from({ length: this.#prng.below(lengthMax + 1) }, () => this.#prng.pick(LETTERS)).join('');
  }

  async #step(): Promise<void> {
    const prng = this.#prng;
    const stage = this.#stage;
    const dice = prng.below(100);
    if (dice < 40) this.#set(this.#text(4), prng.chance(0.25) ? undefined : this.#value());
    else if (dice < 50) this.#erase(this.#text(3));
    else if (dice < 60) this.#cut();
    else if (dice < 62) stage.goAhead();
    else if (dice < 68) this.#commit();
    else if (dice < 72) stage.fold.force();
    else if (dice < 95) await this.#foldSteps();
    else if (dice < 97) await this.#scanWhileFolding();
    else await this.#crash();
  }

  #value(): unknown {
    this.#count++;
    return this.#prng.pick([this.#count, `text ${this.#count}`, { n: this.#count }, null]);
  }

  #set(key: string, value: unknown): void {
    this.#stage.set(key, value);
    if (value === undefined) this.#now.delete(key);
    else this.#now.set(key, value);
  }

  #erase(prefix: string): void {
    this.#stage.erase(prefix);
    for (const key of this.#now.keys()) if (key.startsWith(prefix)) this.#now.delete(key);
  }

  /** Begins a cut, or ends one that is under way: what is written in between copies what it changes first. */
  #cut(): void {
    if (this.#stage.isCutting) {
      this.#stage.finishCut();
      return;
    }
    this.#stage.cut();
    this.#cuts.push(new Map(this.#now));
  }

  #commit(): void {
    const stage = this.#stage;
    const before = stage.committedEpoch;
    stage.commit();
    const count = stage.committedEpoch - before;
    if (count > 0) this.#committed = this.#cuts[count - 1];
    this.#cuts.splice(0, count);
  }

  async #foldSteps(): Promise<void> {
    for (let count = this.#prng.below(6); count > 0; count--) await this.#stage.foldStep();
  }

  async #scanWhileFolding(): Promise<void> {
    const expected = sorted(this.#now);
    const [from, before] = this.#prng.chance(0.5) ? ['', '\xff\xff\xff\xff\xff'] : [this.#text(3), this.#text(3)];
    const found = this.#stage.rows.scan(BASE + from, BASE + before);
    const seen: [string, unknown][] = [];
    for await (const { key, value } of found) {
      seen.push([key.slice(BASE.length), value]);
      this.#set(this.#text(4), this.#value());
      await this.#foldSteps();
    }
    assert.deepEqual(
      seen,
      expected.filter(([key]) => key >= from && key < before),
    );
  }

  async #crash(): Promise<void> {
    this.#stage.crash();
    this.#cuts = [];
    this.#now = new Map(this.#committed);
    await this.#check();
  }

  async #check(): Promise<void> {
    const key = this.#text(4);
    assert.deepEqual(this.#stage.get(key), this.#now.get(key));
    assert.deepEqual(await this.#stage.all(), sorted(this.#now));
    assert.deepEqual(await collect(this.#stage.rows.walk(BASE, END, [])), sorted(this.#now));
  }

  /** All of it committed and folded: the store alone has it, and nothing else. */
  async #end(): Promise<void> {
    const stage = this.#stage;
    if (stage.isCutting) stage.finishCut();
    stage.checkpoint();
    await stage.foldAll();
    await this.#check();
    assert.deepEqual([stage.rows.size, stage.storedCount], [0, this.#now.size]);
    this.#committed = new Map(this.#now);
    await this.#crash();
  }
}

function sorted(rows: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
}

test(`${SEED_COUNT} seeds`, async () => {
  let rowCount = 0;
  for (let seed = 1; seed <= SEED_COUNT; seed++) {
    try {
      rowCount += await new Run(seed).run();
    } catch (cause) {
      throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
    }
  }
  expect(rowCount).toBeGreaterThan(SEED_COUNT);
});
