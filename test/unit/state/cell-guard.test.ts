/** What a guard makes of stored values: every version brought up to date, step by step, or refused by name. */
import { describe, expect, test } from 'vitest';
import { type ValueSpec, value } from '../../../src/index.ts';
import { CellGuard } from '../../../src/state/cell-guard.ts';
import { KeptValue, NEVER } from '../../../src/state/kept-value.ts';
import { countSchema } from '../../small-schema.ts';

const admit = (): void => {};

function guardOf(spec: ValueSpec<unknown, unknown>): CellGuard {
  return new CellGuard('shop/cart', 'total', spec);
}

function open(guard: CellGuard, stored: unknown, version: number): unknown {
  const kept = new KeptValue(stored, version, NEVER, false);
  const opened = guard.open(kept, 'Kim', admit);
  // Once and for all.
  expect([kept.value, guard.open(kept, 'Kim', () => expect.unreachable())]).toEqual([opened, opened]);
  return opened;
}

describe('versions', () => {
  const steps = { 1: (v: string) => `${v}+2`, 2: (v: string) => `${v}+3`, 3: (v: string) => `${v}+4` };
  const guard = guardOf(value({ version: 4, migrate: steps }));

  test.each([
    [1, 'v+2+3+4'],
    [2, 'v+3+4'],
    [3, 'v+4'],
    [4, 'v'],
  ])('from version %i', (version, opened) => {
    expect(open(guard, 'v', version)).toBe(opened);
  });

  test.each([
    ['a later version', value({ version: 4, migrate: steps }), 5],
    ['no step from version 2', value({ version: 4, migrate: { 1: steps[1], 3: steps[3] } }), 1],
    ['it returned nothing', value({ version: 2, migrate: { 1: () => undefined } }), 1],
    [
      'what a mess',
      value({
        version: 2,
        migrate: {
          1: () => {
            throw new Error('what a mess');
          },
        },
      }),
      1,
    ],
  ])('%s', (reason, spec, version) => {
    const kept = new KeptValue('v', version, NEVER, false);
    expect(() => guardOf(spec).open(kept, 'Kim', admit)).toThrow(
      expect.objectContaining({
        code: 'STATE_MIGRATION_FAILED',
        message: expect.stringContaining(reason) as string,
        details: expect.objectContaining({
          type: 'shop/cart',
          id: 'Kim',
          state: 'total',
          storedVersion: version,
        }) as object,
      }),
    );
    expect(kept).toEqual(new KeptValue('v', version, NEVER, false));
  });

  test('what a later version has written is not written over', () => {
    expect(() => guard.refuseNewer(new KeptValue('v', 5, NEVER, false), 'Kim')).toThrow(/later version/);
    guard.refuseNewer(new KeptValue('v', 1, NEVER, false), 'Kim');
  });
});

describe('schemas', () => {
  const guard = guardOf(value({ schema: countSchema, version: 2, migrate: { 1: ({ n }: { n: unknown }) => n } }));

  test('a stored value is checked after its migration, and kept as the schema gives it', () => {
    expect(open(guard, { n: '3' }, 1)).toBe(3);
    expect(open(guard, '3', 2)).toBe(3);
    for (const [stored, version] of [[{ n: -1 }, 1] as const, ['x', 2] as const]) {
      const kept = new KeptValue(stored, version, NEVER, false);
      expect(() => guard.open(kept, 'Kim', admit)).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }));
      expect(kept.value).toBe(stored);
    }
  });
});

describe('expiration', () => {
  test('since writing: not renewed by reading', () => {
    const guard = guardOf(value({ expire: { after: 1_000 } }));
    expect(guard.deadlineAt(5)).toBe(1_005);
    expect(guard.wantsRenewal(new KeptValue(1, 1, 1_005, true), 1_004)).toBe(false);
  });

  test('since access: renewed when it would expire too early', () => {
    const guard = guardOf(value({ expire: { after: '1 s', since: 'access' } }));
    const kept = guard.accept(1, 'Kim', 5, admit);
    expect(kept.deadline).toBe(1_105);
    expect(guard.wantsRenewal(kept, 105)).toBe(false);
    expect(guard.wantsRenewal(kept, 106)).toBe(true);
    expect(guard.renewed(kept, 106).deadline).toBe(1_206);
  });

  test('what is from before the state could expire gets its time when it is read', () => {
    expect(guardOf(value({ expire: { after: 1 } })).wantsRenewal(new KeptValue(1, 1, NEVER, true), 0)).toBe(true);
    expect(guardOf(value()).wantsRenewal(new KeptValue(1, 1, NEVER, true), 0)).toBe(false);
  });
});
