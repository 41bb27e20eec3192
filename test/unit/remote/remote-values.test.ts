/** Entries by their names, however many there are: as a map has them, and in its order. */
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { NamedValues, type RemoteValue } from '../../../src/remote/remote-values.ts';

function entry(name: string, byte: number): RemoteValue {
  return [name, 'test/bytes', Uint8Array.of(byte), 0, 0, 0];
}

test.each([3, 8, 30])('of up to %d names', (nameCount) => {
  const prng = new Prng(nameCount);
  for (let round = 0; round < 200; round++) {
    const first = Array.from({ length: prng.below(nameCount + 1) }, (_, index) => entry(`s${index}`, index));
    const before = [...first];
    const expected = new Map(first.map((one) => [one[0], one]));
    const values = new NamedValues(first);
    for (let step = 0; step < 12; step++) {
      const name = `s${prng.below(nameCount + 2)}`;
      const next = prng.below(3) === 0 ? undefined : entry(name, step);
      values.set(name, next);
      if (next === undefined) expected.delete(name);
      else expected.set(name, next);
      expect(values.get(name)).toBe(next);
      expect(values.all).toEqual([...expected.values()]);
    }
    expect(first).toEqual(before);
  }
});
