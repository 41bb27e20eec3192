/**
 * Options of `startEngine`: defaults, bounds, and an error that names the option, what was given and what is allowed.
 */
import { describe, expect, test } from 'vitest';
import { fillOptions } from '../../../src/engine/options.ts';
import type { EngineOptions } from '../../../src/index.ts';

const module = new URL('./options.test.ts', import.meta.url);

test('everything but the module has a default', () => {
  expect(fillOptions({ module })).toMatchObject({
    module: module.href,
    idle: 'park',
    maxMessageBytes: 16 * 1024 * 1024,
    ringCapacityBytes: 256 * 1024,
    overflowBytes: 8 * 1024 * 1024,
    spillDirectory: undefined,
    creditCount: 16_384,
    development: true,
    maxHeapMiB: undefined,
  });
  expect(fillOptions({ module }).shardCount).toBeGreaterThanOrEqual(1);
  expect(fillOptions({ module: module.href }).module).toBe(module.href);
});

test('development is the default unless NODE_ENV says production', () => {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  expect(fillOptions({ module }).development).toBe(false);
  expect(fillOptions({ module, development: true }).development).toBe(true);
  process.env['NODE_ENV'] = before;
});

describe('an option out of bounds is refused', () => {
  const wrong: [keyof EngineOptions, unknown, RegExp][] = [
    ['module', undefined, /is undefined; allowed is a file URL/],
    ['module', './shop.ts', /is "\.\/shop\.ts"; allowed is a file URL/],
    ['module', 'https://example.com/x.js', /allowed is a file URL/],
    ['shardCount', 0, /is 0; allowed is a whole number from 1 to 256/],
    ['shardCount', 257, /is 257/],
    ['shardCount', 1.5, /is 1\.5/],
    ['shardCount', Number.NaN, /is NaN/],
    ['shardCount', '2', /is "2"/],
    ['ringCapacityBytes', 2_048, /a whole number from 4096/],
    ['ringCapacityBytes', 5_000, /a power of two from 4096/],
    ['ringCapacityBytes', 2 ** 29, /is 536870912/],
    ['maxMessageBytes', 1_000, /a whole number from 65536/],
    ['overflowBytes', -1, /is -1/],
    ['creditCount', 0, /is 0/],
    ['maxHeapMiB', 1, /is 1; allowed is a whole number from 16/],
    ['idle', 'sleep', /is "sleep"; allowed is 'spin', 'yield', 'park'/],
  ];

  test.each(wrong)('%s: %j', (name, value, message) => {
    const fill = (): unknown => fillOptions({ module, [name]: value });
    expect(fill).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', details: { option: name } }));
    expect(fill).toThrow(message);
  });

  test.each([undefined, null, 7, 'options'])('no options at all: %j', (options) => {
    expect(() => fillOptions(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
