/**
 * Options of `startEngine`: defaults, bounds, and an error that names the option, what was given and what is allowed.
 */
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fillOptions } from '../../../src/engine/options.ts';
import type { EngineOptions } from '../../../src/index.ts';

const module = new URL('./options.test.ts', import.meta.url);

test('everything but the module has a default', () => {
  expect(fillOptions({ module })).toMatchObject({
    module: module.href,
    directory: undefined,
    minIntervalMs: 0,
    maxIntervalMs: 1_000,
    idempotencyKeyCount: 100_000,
    maxRecoveries: 10,
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
  expect(fillOptions({ module }).memory).toBe(Math.floor(totalmem() / 4));
  expect(fillOptions({ module: module.href }).module).toBe(module.href);
});

test('a data directory is a path or a file URL, and is made absolute', () => {
  const absolute = resolve('data');
  expect(fillOptions({ module, directory: 'data' }).directory).toBe(absolute);
  expect(fillOptions({ module, directory: pathToFileURL(absolute) }).directory).toBe(absolute);
  expect(fillOptions({ module, directory: absolute }).directory).toBe(absolute);
});

test('the longest interval between checkpoints is at least the shortest', () => {
  expect(fillOptions({ module, minIntervalMs: 5_000 })).toMatchObject({ minIntervalMs: 5_000, maxIntervalMs: 5_000 });
  expect(fillOptions({ module, minIntervalMs: 0, maxIntervalMs: 0 })).toMatchObject({ maxIntervalMs: 0 });
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
    ['directory', '', /is ""; allowed is a path or a file URL/],
    ['directory', 7, /is 7/],
    ['directory', new URL('https://example.com/data'), /a path or a file URL/],
    ['minIntervalMs', -1, /is -1; allowed is a whole number from 0 to 3600000/],
    ['minIntervalMs', 3_600_001, /is 3600001/],
    ['maxIntervalMs', 0.5, /is 0\.5/],
    ['memory', 1_000_000, /is 1000000; allowed is a whole number from 16777216/],
    ['idempotencyKeyCount', 0, /is 0; allowed is a whole number from 1/],
    ['maxRecoveries', -1, /is -1; allowed is a whole number from 0/],
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
    ['onProgress', 5, /is 5; allowed is a function/],
    ['development', 'yes', /is "yes"; allowed is true or false/],
    ['spillDirectory', 5, /is 5; allowed is a path or a file URL/],
    ['directory', 'a\0b', /allowed is a path or a file URL/],
    ['ingresses', 5, /^The option ingresses must be a list, not 5\./],
    ['ingresses', [{}], /^The option ingresses must hold ingress definitions, not an object\./],
    ['routers', [undefined], /^The option routers must hold router definitions, not undefined\./],
    ['egresses', {}, /^The option egresses must be a list, not an object\./],
  ];

  test.each(['shardcount', 'dir', 'diskSizes', 'toString'])('one that there is not: %s', (name) => {
    const fill = (): unknown => fillOptions({ module, [name]: 2 });
    expect(fill).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', details: { option: name } }));
    expect(fill).toThrow(/^startEngine has no option "\w+"; its options are module, directory, from, /);
  });

  test('one that there is not, without a value, is none', () => {
    const withDir = { module, dir: undefined };
    expect(fillOptions(withDir)).not.toHaveProperty('dir');
  });

  test.each(wrong)('%s: %j', (name, value, message) => {
    const fill = (): unknown => fillOptions({ module, [name]: value });
    expect(fill).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', details: { option: name } }));
    expect(fill).toThrow(message);
  });

  test('maxIntervalMs below minIntervalMs', () => {
    expect(() => fillOptions({ module, minIntervalMs: 100, maxIntervalMs: 50 })).toThrow(
      /maxIntervalMs is 50; .* from 100/,
    );
  });

  test.each([undefined, null, 7, 'options'])('no options at all: %j', (options) => {
    expect(() => fillOptions(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
