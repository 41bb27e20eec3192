/**
 * Conformance: random batches, look-ups, scans and reopenings, each compared with a sorted list in memory. A seed names a
 * run, and stands in the name of its test.
 */
import assert from 'node:assert/strict';
import { Prng } from '../base/prng.ts';
import { bytes, type StoreCase, type StoreSubject, text } from './store-case.ts';

const SEEDS: readonly number[] = [1, 2, 3, 4];
const STEPS = 150;

/** Few enough keys that they are written again and again; some are prefixes of others, some not ASCII. */
function randomKey(prng: Prng): string {
  const length = 1 + prng.below(3);
  return Array.from({ length }, () => prng.pick(['\0', 'a', 'b', '\x7f', '\x80', '\xff', 'key of more length'])).join(
    '',
  );
}

function randomValue(prng: Prng, step: number): string {
  const length = prng.chance(0.02) ? prng.below(60_000) : prng.below(120);
  return `${step}:${'v'.repeat(length)}`;
}

class Model {
  readonly #entries = new Map<string, string>();

  change(key: string, value: string | undefined): void {
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, value);
  }

  get(key: string): string | undefined {
    return this.#entries.get(key);
  }

  /** Texts of one byte a character are ordered like their bytes. */
  list(from: string, before: string | undefined): string[] {
    return [...this.#entries]
      .filter(([key]) => key >= from && (before === undefined || key < before))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`);
  }
}

async function writeRandom(subject: StoreSubject, model: Model, prng: Prng, step: number): Promise<void> {
  const changes = Array.from({ length: 1 + prng.below(60) }, () => {
    const value = prng.chance(0.3) ? undefined : randomValue(prng, step);
    return [randomKey(prng), value] as const;
  });
  await subject.write(changes);
  for (const [key, value] of changes) model.change(key, value);
}

async function compareRandom(subject: StoreSubject, model: Model, prng: Prng): Promise<void> {
  const keys = Array.from({ length: prng.below(40) }, () => randomKey(prng));
  const values = await subject.store.getMany(keys.map(bytes));
  assert.deepEqual(
    values.map((value) => value && text(value)),
    keys.map((key) => model.get(key)),
  );
  const key = randomKey(prng);
  const value = subject.store.getSync(bytes(key));
  assert.equal(value && text(value), model.get(key));
  const from = prng.chance(0.2) ? '' : randomKey(prng);
  const before = prng.chance(0.2) ? undefined : randomKey(prng);
  assert.deepEqual(await subject.list(from, before, 1 + prng.below(10_000)), model.list(from, before));
}

export const MODEL_CASES: readonly StoreCase[] = SEEDS.map((seed) => ({
  name: `like a sorted list, whatever happens (seed ${seed})`,
  async run(subject) {
    const prng = new Prng(seed);
    const model = new Model();
    for (let step = 0; step < STEPS; step++) {
      await writeRandom(subject, model, prng, step);
      if (prng.chance(0.3)) await compareRandom(subject, model, prng);
      if (prng.chance(0.06)) await subject.reopen();
    }
    assert.deepEqual(await subject.list(), model.list('', undefined));
    await subject.reopen();
    assert.deepEqual(await subject.list(), model.list('', undefined));
  },
}));
