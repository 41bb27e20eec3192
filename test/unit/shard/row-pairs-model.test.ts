/**
 * Pairs of rows against what they stand for, whatever happens to them: set, taken, looked up by key, removed by key,
 * erased by prefix, with cuts, commits, steps of folding, crashes and recoveries at any moment between. A seed names a run.
 */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { afterPrefix, groupPrefix } from '../../../src/state/row.ts';
import type { Pair } from '../../../src/state/pair-layout.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../../../src/store/key-layout.ts';
import { RowStage } from './row-stage.ts';

const SEED_COUNT = 300;
const STEP_COUNT = 150;
const GROUP = keyGroupOfHash(hashId('Kim'));
const FIRST = groupPrefix(SECTION_TIMER, GROUP);
const SECOND = groupPrefix(SECTION_TIMER_OF, GROUP);
const OWNERS = ['Kim', 'Jo'] as const;

interface Known {
  readonly pair: Pair;
  readonly first: string;
  readonly second: string;
}

class Run {
  readonly #prng: Prng;
  readonly #stage = new RowStage();
  #now = new Map<string, unknown>();
  #cuts: Map<string, unknown>[] = [];
  #committed = new Map<string, unknown>();
  /** Pairs that nobody has touched by key since they were set in this life. */
  #pairs: Known[] = [];
  #count = 0;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
  }

  /** Returns how many pairs were taken. */
  async run(): Promise<number> {
    let takenCount = 0;
    for (let step = 0; step < STEP_COUNT; step++) {
      const dice = this.#prng.below(100);
      if (dice < 30) this.#add();
      else if (dice < 50) takenCount += this.#take() ? 1 : 0;
      else if (dice < 53) this.#look();
      else if (dice < 55) this.#remove();
      else if (dice < 57) this.#erase();
      else if (dice < 60) this.#letGo();
      else if (dice < 70) this.#cut();
      else if (dice < 77) this.#commit();
      else if (dice < 80) this.#stage.fold.force();
      else if (dice < 97) await this.#foldSteps();
      else await this.#crash();
      if (this.#prng.chance(0.05)) await this.#check();
    }
    await this.#check();
    await this.#crash();
    return takenCount;
  }

  #add(): void {
    const number = this.#count++;
    // Not more than a few, so that others end so, too.
    const tail = `${number} ${String(number % 7).padStart(4, '-')}`;
    const first = `${FIRST}${String.fromCharCode(this.#prng.below(256))}${tail}`;
    const second = `${SECOND}\x00${this.#prng.pick(OWNERS)}${tail}`;
    const value = this.#prng.chance(0.1) ? 'x'.repeat(2_000) : { number };
    const bytes = Buffer.from(`${second}and more`, 'latin1');
    const { pairs } = this.#stage.rows;
    const pair = pairs.add(Buffer.from(first, 'latin1'), bytes, second.length, value);
    this.#now.set(first, value).set(second, true);
    if (this.#prng.chance(0.7)) this.#pairs.push({ pair, first, second });
    else pairs.all.letGo(pair);
  }

  #any(): Known | undefined {
    if (this.#pairs.length === 0) return undefined;
    return this.#pairs.splice(this.#prng.below(this.#pairs.length), 1)[0];
  }

  #take(): boolean {
    const known = this.#any();
    if (known === undefined) return false;
    const { pair, first, second } = known;
    const { rows } = this.#stage;
    assert.deepEqual([rows.pairs.all.firstKey(pair), rows.pairs.all.firstValue(pair)], [first, this.#now.get(first)]);
    rows.pairs.take(pair);
    this.#now.delete(first);
    this.#now.delete(second);
    return true;
  }

  /** By key, which parts all that wait. */
  #look(): void {
    for (const [key, value] of this.#now) {
      if (this.#prng.chance(0.5)) continue;
      assert.deepEqual(this.#stage.rows.get(key), value);
      return;
    }
  }

  #remove(): void {
    const known = this.#any();
    if (known === undefined) return;
    for (const key of [known.first, known.second]) {
      this.#stage.rows.set(key, undefined);
      this.#now.delete(key);
    }
    this.#stage.rows.pairs.all.letGo(known.pair);
  }

  #erase(): void {
    const owner = this.#prng.pick(OWNERS);
    const prefix = `${SECOND}\x00${owner}`;
    this.#stage.rows.erase(prefix);
    for (const key of this.#now.keys()) if (key.startsWith(prefix)) this.#now.delete(key);
    for (const known of this.#pairs) if (known.second.startsWith(prefix)) this.#stage.rows.pairs.all.letGo(known.pair);
    this.#pairs = this.#pairs.filter(({ second }) => !second.startsWith(prefix));
  }

  /** It stays, and nobody asks for it any more. */
  #letGo(): void {
    const known = this.#any();
    if (known !== undefined) this.#stage.rows.pairs.all.letGo(known.pair);
  }

  #cut(): void {
    if (this.#stage.isCutting) {
      this.#stage.finishCut();
      return;
    }
    this.#stage.cut();
    this.#cuts.push(new Map(this.#now));
  }

  #commit(): void {
    if (this.#stage.isCutting) this.#stage.finishCut();
    this.#stage.commit();
    this.#committed = this.#cuts.at(-1) ?? this.#committed;
    this.#cuts = [];
  }

  async #foldSteps(): Promise<void> {
    for (let count = this.#prng.below(40); count > 0; count--) await this.#stage.foldStep();
  }

  async #crash(): Promise<void> {
    this.#stage.crash();
    this.#now = new Map(this.#committed);
    this.#cuts = [];
    this.#pairs = [];
    await this.#check();
  }

  /** All that is there, by walking, which parts everything. */
  async #check(): Promise<void> {
    const found = new Map<string, unknown>();
    for await (const { key, value } of this.#stage.rows.scan(FIRST, afterPrefix(SECOND))) found.set(key, value);
    const expected = new Map([...this.#now].sort(([one], [other]) => (one < other ? -1 : 1)));
    assert.deepEqual([...found], [...expected]);
  }
}

test(`what is in pairs is what was set, over ${SEED_COUNT} runs`, { timeout: 120_000 }, async () => {
  let takenCount = 0;
  for (let seed = 1; seed <= SEED_COUNT; seed++) {
    try {
      takenCount += await new Run(seed).run();
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  }
  expect(takenCount).toBeGreaterThan(SEED_COUNT);
});
