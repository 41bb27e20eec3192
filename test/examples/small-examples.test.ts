/**
 * The two small examples, as processes: what they print and how they end.
 */
import { describe, expect, test } from 'vitest';
import { runExample } from './example-run.ts';

describe('greeter', () => {
  const main = 'examples/greeter/main.ts';

  test('counts the visits of each person, in order', async () => {
    const { code, stdout, stderr } = await runExample(main, ['Kim', 'Lou', 'Kim']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines.filter((line) => line.includes('Kim'))).toEqual([
      'Hello Kim, visit 1.',
      'Hello Kim, visit 2.',
      'Kim came 2 times.',
    ]);
    expect(lines.filter((line) => line.includes('Lou'))).toEqual(['Hello Lou, visit 1.']);
    expect(lines).toHaveLength(4);
  });

  test('has people of its own when it is given none', async () => {
    expect((await runExample(main)).stdout).toMatch(/^Kim came 3 times\.$/m);
  });
});

describe('shopping-cart', () => {
  const main = 'examples/shopping-cart/main.ts';

  test.each(['1', '2'])('sells no unit twice and loses none (seed %s)', async (seed) => {
    const { code, stdout, stderr } = await runExample(main, ['--seed', seed, '--actions', '5000']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [summary, ...items] = stdout.trim().split('\n');
    const [, reserved, refused] = /^(\d+) reservations, (\d+) refused$/.exec(summary) ?? [];
    expect(Number(reserved)).toBeGreaterThan(100);
    // There must be a fight over the units, or the example shows nothing.
    expect(Number(refused)).toBeGreaterThan(100);
    expect(items).toHaveLength(5);
    for (const line of items) {
      const [, sold, left, sum, stocked] = /(\d+) sold \+ (\d+) left = (\d+) of (\d+) ok$/.exec(line) ?? [];
      expect(Number(sold) + Number(left), line).toBe(Number(stocked));
      expect(sum, line).toBe(stocked);
    }
  });

  test('refuses flags that make no sense', async () => {
    const { code, stderr } = await runExample(main, ['--actions', 'many']);
    expect(code).toBe(1);
    expect(stderr).toContain('--actions takes a whole number, not "many"');
  });
});
