/**
 * Where time goes, read out of a CPU profile.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type CpuProfile, describeThread, readProfile } from '../../bench/profile/cpu-profile.ts';
import { withoutProfile, withProfileFolder } from '../../bench/profile/profile-run.ts';
import { runTool } from '../tool.ts';

const at = (id: number, functionName: string, url: string, lineNumber = 0): CpuProfile['nodes'][number] => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

const PROFILE: CpuProfile = {
  nodes: [
    at(1, '(root)', ''),
    at(2, 'park', 'file:///x/src/ring/doorbell.ts', 40),
    at(3, 'claim', 'file:///x/src/ring/ring-producer.ts', 9),
    at(4, 'invoke', 'file:///x/bench/flow/walk-module.ts', 19),
    at(5, '(garbage collector)', ''),
    at(8, 'toString', ''),
    at(6, 'runShard', 'file:///x/src/worker.ts'),
    at(7, 'invoke', 'file:///x/bench/flow/walk-module.ts', 19),
  ],
  samples: [2, 3, 4, 7, 5, 2],
  timeDeltas: [300_000, 100_000, 200_000, 100_000, 200_000, 100_000],
};

test('time is added up by what code is for, and by function', () => {
  const thread = readProfile(PROFILE, 2);
  expect([thread.isShard, thread.seconds]).toEqual([true, 1]);
  expect(Object.fromEntries(thread.kinds)).toEqual({
    idle: 0.4,
    'user code': expect.closeTo(0.3) as number,
    'garbage collection': 0.2,
    rings: 0.1,
  });
  expect(thread.functions.map(({ name, place }) => [name, place])).toEqual([
    ['park', 'src/ring/doorbell.ts:41'],
    ['invoke', 'bench/flow/walk-module.ts:20'],
  ]);
  expect(describeThread('A shard', thread)).toContain('40.0 %  idle');
});

test('compiled code is known as well as its sources', () => {
  const nodes = [
    at(1, 'park', 'file:///x/bench/out/built-1/src/ring/doorbell.js'),
    at(2, 'run', 'file:///x/src/worker.js'),
  ];
  const thread = readProfile({ nodes, samples: [1], timeDeltas: [1_000] }, 1);
  expect([thread.isShard, thread.kinds]).toEqual([true, [['idle', 1]]]);
});

test('the pacer of open loops is idle while it waits for the next event', () => {
  const nodes = [at(1, 'sleep', 'file:///x/bench/open-loop/pacer-thread.ts')];
  expect(readProfile({ nodes, samples: [1], timeDeltas: [1_000] }, 1).kinds).toEqual([['idle', 1]]);
});

test('a folder need not be named, whatever follows', () => {
  const folder = join('.cache', 'profile');
  expect(withProfileFolder(['--only', 'ask', '--profile'])).toEqual(['--only', 'ask', '--profile', folder]);
  expect(withProfileFolder(['--profile', '--smoke'])).toEqual(['--profile', folder, '--smoke']);
  for (const args of [['--profile', 'out', '--smoke'], ['--profile=out'], ['--smoke']]) {
    expect(withProfileFolder(args)).toEqual(args);
  }
  expect(withoutProfile(['--profile', 'out', '--smoke'])).toEqual(['--smoke']);
  expect(withoutProfile(['--smoke', '--profile=out'])).toEqual(['--smoke']);
});

test('processes that a benchmark starts are profiled with all their threads', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-profile-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const args = ['bench/main.ts', '--profile', folder, '--smoke', '--against', 'nobody', '--shards', '1'];
  const { code, output } = await runTool(process.execPath, [...args, '--only', 'entity-memory', '--only', 'flights']);
  expect(code, output).toBe(0);
  const profiles = readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile,
  );
  // Two engines one after the other, and that of the example.
  expect(profiles.filter((profile) => readProfile(profile, 0).isShard)).toHaveLength(3);
});

test('the command writes a profile for each thread, and says where their time has gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-profile-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const args = ['bench/main.ts', '--profile', folder, '--only', 'all-to-all', '--against', 'nobody', '--rounds', '1'];
  const { code, output } = await runTool(process.execPath, [...args, '--seconds', '0.5', '--shards', '2']);
  expect(code, output).toBe(0);
  expect(output).toMatch(/^The main thread of process \d+, /m);
  expect(output).toMatch(/^A shard, thread \d+ of process \d+, /m);
  expect(output).toMatch(/%\s+codec/);
  // At least the main thread and the shards.
  expect(readdirSync(folder).filter((name) => name.endsWith('.cpuprofile')).length).toBeGreaterThanOrEqual(3);
});
