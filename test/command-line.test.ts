/**
 * The manners of what is run by hand: whoever mistypes a flag is told so in one line, and nothing runs; Ctrl-C leaves
 * nothing behind. The same of the benchmarks and the examples is tested with them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT, runTool } from './tool.ts';

const UNKNOWN = "Unknown option '--frobnicate'.";

test.concurrent.each<[program: string, args: readonly string[], sentence: string]>([
  ['sim/main.ts', ['--frobnicate'], UNKNOWN],
  ['sim/main.ts', ['--seeds=-3'], '--seeds takes a whole number of at least 1, not "-3".'],
  ['smoke/main.ts', ['--shards', '-3'], '--shards takes a value, and what follows begins with a dash.'],
  ['smoke/main.ts', ['--seed'], "Option '--seed <value>' argument missing."],
  ['sim/main.ts', ['--workload', '99'], '--workload takes a whole number from 0 to 12, not "99".'],
  ['smoke/main.ts', ['7'], "Unexpected argument '7'."],
  ['crash/main.ts', ['--frobnicate'], UNKNOWN],
  ['crash/main.ts', ['--kills', '0'], '--kills takes a whole number of at least 1, not "0".'],
  ['crash/main.ts', ['--shards', '2,'], '--shards takes a whole number from 1 to 256, not "".'],
  ['crash/main.ts', ['--faults', 'some'], '--faults takes a whole number of at least 1, not "some".'],
  ['smoke/main.ts', ['--frobnicate'], UNKNOWN],
  ['smoke/main.ts', ['--messages', '1.5'], '--messages takes a whole number of at least 1, not "1.5".'],
  ['smoke/main.ts', ['--storm', '99'], '--storm takes a whole number from 0 to 30, not "99".'],
  ['smoke/statefun/main.ts', ['--kills', 'x'], '--kills takes a whole number of at least 0, not "x".'],
  [
    'smoke/statefun/main.ts',
    ['--language', 'cobol'],
    '--language is one of javascript, python, java, go, not "cobol".',
  ],
  ['race/main.ts', ['--capacity', '4096,x'], '--capacity takes a whole number from 64 to 268435456, not "x".'],
  ['race/main.ts', ['--idle', 'nap'], '--idle is one of spin, park, not "nap".'],
  ['mutations/main.ts', ['--limit', 'x', '--list'], '--limit takes a whole number from 1 to 100000, not "x".'],
  ['node-versions.ts', ['--frobnicate'], 'Node --frobnicate is not tested here; known are 22, 24.'],
  ['mutations/main.ts', ['--only', 'no such bug'], 'No mutation is named like "no such bug"; --list names all.'],
])('%s refuses %j with one line', async (program, args, sentence) => {
  const { code, stdout, stderr } = await runTool(process.execPath, [`test/${program}`, ...args]);
  expect([code, stdout, stderr]).toEqual([2, '', `${sentence}\n`]);
});

test('the smoke test of StateFun refuses a language without its tools, and names them', async () => {
  const args = ['test/smoke/statefun/main.ts', '--language', 'Go'];
  const { code, stdout, stderr } = await runTool(process.execPath, args, { env: { PATH: '/nowhere' } });
  expect([code, stdout, stderr]).toEqual([2, '', '--language Go cannot run here: no go on the path.\n']);
});

test.each<[program: string, args: readonly string[], sign: string]>([
  ['crash/main.ts', ['--kills', '1000'], 'data'],
  ['smoke/main.ts', ['--storm', '30', '--overflow', '4096'], 'millrace-storm-'],
  ['smoke/statefun/main.ts', ['--messages', '1000', '--kills', '1000'], 'data'],
])('Ctrl-C ends %s %j with all its processes, and nothing is left of them', async (program, args, sign) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-interrupted-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, [`test/${program}`, ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder },
    // Whatever it has started writes here, too, so the stream ends when all of them have ended.
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  child.stderr.resume();
  const isUnderWay = (): boolean =>
    readdirSync(folder, { recursive: true }).some((path) => String(path).includes(sign));
  await expect.poll(isUnderWay).toBe(true);
  child.kill('SIGINT');
  expect(await closed).toEqual([130, null]);
  expect(readdirSync(folder)).toEqual([]);
});
