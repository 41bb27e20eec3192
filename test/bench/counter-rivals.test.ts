/**
 * The durable rivals of the keyed counter: increments that are answered are there after a reopen, and those that are
 * missing say so.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { missingStore, openCounterStore, type StoreKind } from '../../bench/rival/counter/counter-store.ts';
import { missingRedis, RedisCounter } from '../../bench/rival/counter/redis-counter.ts';
import { RespClient } from '../../bench/rival/counter/resp-client.ts';
import { missingPackage } from '../../bench/rival/rival-package.ts';
import { manyAtATime } from '../../bench/rival/rival-process.ts';
import type { Benchmark } from '../../bench/harness/benchmark.ts';
import { parseCommandLine } from '../../bench/harness/options.ts';
import { table } from '../../bench/harness/report.ts';
import { runBenchmark } from '../../bench/harness/rounds.ts';

describe.each(['level', 'lmdb', 'sqlite'] satisfies StoreKind[])('%s', (kind) => {
  test.skipIf(missingStore(kind) !== undefined)('keeps every increment, those of one id in one batch too', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-counter-'));
    const first = await openCounterStore(kind, directory);
    await first.addAll(['a', 'b', 'a', 'a']);
    await first.addAll(['b']);
    expect(await first.sum()).toBe(5);
    await first.close();
    const second = await openCounterStore(kind, directory);
    await second.addAll(['c']);
    expect(await second.sum()).toBe(6);
    await second.close();
    rmSync(directory, { recursive: true, force: true });
  });
});

test.skipIf(missingRedis() !== undefined)('Redis keeps every increment over a kill', async () => {
  const redis = await RedisCounter.open(50);
  expect(await redis.add(1_001)).toBeGreaterThan(0);
  expect(await redis.sum()).toBe(1_001);
  await redis.add(3);
  expect(await redis.sum()).toBe(1_004);
  await redis.close();
});

test('the client of Redis gives every answer to whoever waits for it, however many wait', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-resp-'));
  const count = 40_000;
  const server = createServer((socket) => {
    socket.on('data', () => {
      for (let index = 0; index < count; index++) socket.write(`:${index}\r\n`);
    });
  });
  await once(server.listen(join(folder, 'socket')), 'listening');
  const client = await RespClient.open(join(folder, 'socket'));
  const answers = Array.from({ length: count }, () => client.answer());
  client.write('all of them');
  expect(await Promise.all(answers)).toEqual(Array.from({ length: count }, (_, index) => index));
  client.close();
  await once(server.close(), 'close');
  rmSync(folder, { recursive: true, force: true });
});

test('what is not installed says how to get it', () => {
  expect(missingPackage('no-such-package')).toBe(
    'the package no-such-package is not installed (npm ci --prefix bench/rival)',
  );
});

test('a rival that is missing is named, and not measured', async () => {
  const measure = () => Promise.resolve({ value: 1, checksum: '0', expected: '0' });
  const benchmark: Benchmark = {
    name: 'a',
    unit: 'ops/s',
    describe: () => '',
    figures: [],
    contenders: () => [
      { name: 'millrace', measure },
      { name: 'somebody', missing: 'somebody is not installed', measure: () => Promise.reject(new Error('ran')) },
    ],
  };
  const run = await runBenchmark(benchmark, parseCommandLine(['--rounds', '1']).options, { progress: () => {} });
  expect(run.standings.map(({ contender }) => contender)).toEqual(['millrace']);
  expect(table(run)).toContain('  skipped: somebody: somebody is not installed');
});

test('calls are made as often as asked, so many at a time', async () => {
  let underWay = 0;
  let most = 0;
  let calls = 0;
  await manyAtATime(20, 3, async () => {
    most = Math.max(most, ++underWay);
    calls++;
    await new Promise(setImmediate);
    underWay--;
  });
  expect([calls, most]).toEqual([20, 3]);
});
