/**
 * The overflow against a plain array, through random appends, takes and spills: the same envelopes in the same order,
 * whatever was on disk meanwhile, and never more memory than the limit and two chunks.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemorySpillStorage, type SpillStorage } from '../../../src/base/spill.ts';
import { Prng } from '../../../src/base/prng.ts';
import { Overflow, type OverflowPart, type OverflowVisitor, type Placeable } from '../../../src/wire/overflow.ts';
import { SpareWords } from '../../../src/wire/spare-words.ts';

/** An envelope of words that tell which one it is. */
function envelope(number: number, byteLength: number): Placeable {
  return {
    byteLength,
    placeInto: (words, at) => {
      for (let index = 0; index * 4 < byteLength; index++) words[at + index] = number * 1000 + index;
    },
  };
}

/** What the oldest envelope is, in a form that is cheap to compare very often. */
function oldestOf(overflow: Overflow): string | undefined {
  let found: string | undefined;
  overflow.peek((words, bytes, offsetBytes, byteLength) => {
    const at = offsetBytes >> 2;
    const number = Math.floor(words[at] / 1000);
    let whole = words.buffer === bytes.buffer && offsetBytes % 4 === 0;
    for (let index = 0; index * 4 < byteLength; index++) whole &&= words[at + index] === number * 1000 + index;
    found = `${number}, ${byteLength} bytes${whole ? '' : ', damaged'}`;
  });
  return found;
}

/** `append` with a length, `drop`, or `spill`. */
const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 3_000 })) },
  { weight: 4, arbitrary: fc.constant('drop' as const) },
  { weight: 2, arbitrary: fc.constant('spill' as const) },
);

test.each([0, 4_096])('with a limit of %i bytes it is a queue', (limit) => {
  const chunkBytes = Math.max(512, limit / 4);
  let spilled = 0;
  const property = fc.property(fc.array(anyStep, { maxLength: 200, size: 'max' }), (steps) => {
    const storage = new MemorySpillStorage();
    const overflow = new Overflow(storage, limit);
    const model: string[] = [];
    let longest = 0;
    for (const [number, step] of steps.entries()) {
      if (step === 'spill') {
        overflow.spill();
        assert.ok(overflow.memoryBytes <= limit + 2 * Math.max(chunkBytes, longest + 8));
      } else if (step !== 'drop') {
        overflow.append(envelope(number, step));
        model.push(`${number}, ${step} bytes`);
        longest = Math.max(longest, step);
      } else if (model.length > 0) {
        overflow.drop();
        model.shift();
      }
      assert.equal(overflow.count, model.length);
      const [oldest] = model;
      assert.equal(oldestOf(overflow), oldest);
      assert.ok(oldest !== undefined || overflow.memoryBytes === 0);
    }
    for (const oldest of model) {
      expect(oldestOf(overflow)).toBe(oldest);
      overflow.drop();
    }
    expect([overflow.count, overflow.memoryBytes]).toEqual([0, 0]);
    spilled += storage.blocksWritten;
  });
  fc.assert(property, { numRuns: 200 });
  expect(spilled).toBeGreaterThan(0);
});

test('an envelope may be appended while the oldest one is being looked at', () => {
  const overflow = new Overflow(new MemorySpillStorage(), 0);
  overflow.append(envelope(0, 20));
  for (let number = 0; number < 500; number++) {
    overflow.peek((words, _bytes, offsetBytes) => {
      overflow.append(envelope(number + 1, 20 + (number % 90)));
      expect(words[offsetBytes >> 2]).toBe(number * 1000);
    });
    overflow.drop();
    overflow.spill();
    expect(overflow.count).toBe(1);
  }
});

test('memory stays within its limit while much more passes through', () => {
  const storage = new MemorySpillStorage();
  const overflow = new Overflow(storage, 1 << 16);
  let memoryBytes = 0;
  for (let number = 0; number < 20_000; number++) {
    overflow.append(envelope(number, 100));
    overflow.spill();
    memoryBytes = Math.max(memoryBytes, overflow.memoryBytes);
  }
  expect(memoryBytes).toBeLessThanOrEqual((1 << 16) + 2 * (1 << 14));
  expect(storage.blocksWritten).toBeGreaterThan(100);
  for (let number = 0; number < 20_000; number++) {
    assert.equal(oldestOf(overflow), `${number}, 100 bytes`);
    overflow.drop();
  }
});

/** Notes the envelopes that it is shown. */
function showing(shown: string[]): OverflowVisitor {
  return (words, _bytes, offsetBytes, byteLength) => {
    shown.push(`${words[offsetBytes >> 2] / 1000}, ${byteLength} bytes`);
  };
}

test('parts show what was in it when they were made, whatever is added, taken and spilled since', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const prng = new Prng(seed);
    const overflow = new Overflow(new MemorySpillStorage(), 0, true);
    let added = 0;
    const step = (): void => {
      if (prng.chance(0.1)) overflow.spill();
      if (overflow.count > 0 && prng.chance(0.4)) overflow.drop();
      else overflow.append(envelope(added++, 100));
    };
    for (; added < 300; added++) overflow.append(envelope(added, 100));
    for (let count = 0; count < 200; count++) step();
    const parts = overflow.parts();
    const expected = Array.from(
      { length: overflow.count },
      (_, index) => `${added - overflow.count + index}, 100 bytes`,
    );
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.every(({ byteLength }) => byteLength > 0)).toBe(true);
    const shown: string[] = [];
    for (const part of parts) {
      for (let count = 0; count < 60; count++) step();
      if (prng.chance(0.3)) while (overflow.count > 0) overflow.drop();
      part.visit(showing(shown));
    }
    expect(shown).toEqual(expected);
  }
});

test('shows all envelopes, also those on disk, and keeps them', () => {
  const storage = new MemorySpillStorage();
  const overflow = new Overflow(storage, 0, true);
  for (let number = 0; number < 300; number++) overflow.append(envelope(number, 100));
  overflow.spill();
  for (let number = 0; number < 3; number++) overflow.drop();
  expect(storage.blocksWritten).toBeGreaterThan(1);
  const shown: string[] = [];
  for (let turn = 0; turn < 2; turn++) {
    for (const part of overflow.parts()) part.visit(showing(shown));
  }
  const expected = Array.from({ length: 297 }, (_, index) => `${index + 3}, 100 bytes`);
  expect(shown).toEqual([...expected, ...expected]);
  for (const next of expected) {
    assert.equal(oldestOf(overflow), next);
    overflow.drop();
  }
  expect(overflow.memoryBytes).toBe(0);
});

test('a block that cannot be written is still there', () => {
  const refusing: SpillStorage = {
    write: () => {
      throw new Error('disk full');
    },
    read: () => expect.unreachable(),
    take: () => expect.unreachable(),
    clear: () => {},
  };
  const overflow = new Overflow(refusing, 0);
  for (let number = 0; number < 50; number++) overflow.append(envelope(number, 100));
  expect(() => overflow.spill()).toThrow('disk full');
  for (let number = 0; number < 50; number++) {
    assert.equal(oldestOf(overflow), `${number}, 100 bytes`);
    overflow.drop();
  }
});

/** The numbers of the envelopes that parts show. */
function shownBy(parts: readonly OverflowPart[]): number[] {
  const shown: number[] = [];
  for (const part of parts) part.visit((words, _bytes, offsetBytes) => shown.push(words[offsetBytes >> 2] / 1000));
  return shown;
}

test('parts show what was there, whatever has been taken and appended since', () => {
  const overflow = new Overflow(new MemorySpillStorage(), 4_096);
  const next = { number: 0 };
  const fill = (count: number): number[] =>
    Array.from({ length: count }, () => {
      overflow.append(envelope(next.number, 40));
      return next.number++;
    });
  const first = fill(500);
  const parts = overflow.parts();
  overflow.spill();
  while (overflow.count > 0) overflow.drop();
  // Chunks of the same lengths as those that were emptied.
  const second = fill(500);
  expect(shownBy(parts)).toEqual(first);
  expect(shownBy(overflow.parts())).toEqual(second);
});

test('spare words are given to whoever needs as many, and are bounded', () => {
  const spares = new SpareWords(2_048);
  const [one, two, three] = [256, 256, 128].map((length) => new Int32Array(length));
  for (const words of [one, two, three, new Int32Array(100), new Int32Array(0)]) spares.give(words);
  // A third of them would have been too much, and 400 bytes are no length that comes again.
  expect([spares.take(512), spares.take(400), spares.take(0)]).toEqual([undefined, undefined, undefined]);
  expect([spares.take(1_024), spares.take(1_024), spares.take(1_024)]).toEqual([two, one, undefined]);
  spares.give(three);
  expect(spares.take(512)).toBe(three);
});
