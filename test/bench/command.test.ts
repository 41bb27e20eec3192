/**
 * The command as a whole, in small: reports and distributions that are asked for are there, a benchmark that fails does
 * not take the others along, and what has no effect is said to have none.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ROOT, runTool, type ToolResult } from '../tool.ts';

const MAIN = join(ROOT, 'bench', 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'millrace-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bench(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ToolResult> {
  return runTool(process.execPath, [MAIN, '--smoke', ...args], { env });
}

test('writes a report and distributions into folders that were not there, and says which flags were in vain', async () => {
  const html = join(folder, 'reports', 'new', 'report.html');
  const hgrm = join(folder, 'distributions');
  const chosen = ['--only', 'ask', '--only', 'key-hash', '--against', 'nobody', '--bytes', '8', '--shards', '2'];
  const { code, stdout, stderr } = await bench([...chosen, '--html', html, '--hgrm', hgrm]);
  expect(code, stderr).toBe(0);
  const page = readFileSync(html, 'utf8');
  expect(page).toContain('<h2 id="ask-title">ask</h2>');
  expect(page).toContain('<h2 id="key-hash-title">key-hash</h2>');
  // The machine was busy before, or it was not: what this run makes of it is no reason to warn.
  const busy = 'busy with something else';
  expect(page.includes(busy)).toBe(stdout.includes(busy));
  const files = readdirSync(hgrm);
  expect(files).toEqual([expect.stringMatching(/^ask-millrace-.*\.hgrm$/)]);
  expect(readFileSync(join(hgrm, files[0]), 'utf8')).toContain('Total count');
  expect(stderr).toContain('No rival of ask is named like "nobody": millrace runs alone.');
  const inVain = stderr.split('\n').filter((line) => line.includes('has no effect'));
  expect(inVain.toSorted()).toEqual(['--bytes has no effect on key-hash.', '--shards has no effect on key-hash.']);
});

test.each([
  ['table-touch', ['table-touch']],
  ['table-t', ['table-touch', 'table-touch-durable']],
])('--only %s is the benchmark of that name, or all whose names contain it', async (text, names) => {
  const { code, stdout, stderr } = await bench(['--list', '--only', text]);
  expect(code, stderr).toBe(0);
  const listed = stdout.split('\n').flatMap((line) => /^\s*(table-\S+):/.exec(line)?.[1] ?? []);
  expect([...new Set(listed)]).toEqual(names);
});

test('goes on after a benchmark that throws, and exits with 1 in the end', async () => {
  // Where a file is in the place of the temporary folder, nobody can have a data directory.
  const html = join(folder, 'failed.html');
  const chosen = ['--only', 'commit-alone', '--only', 'key-hash', '--against', 'crc32'];
  const { code, stdout, stderr } = await bench([...chosen, '--html', html], { TMPDIR: MAIN });
  expect(code, stderr).toBe(1);
  expect(stderr).toMatch(/^FAILED: commit-alone, millrace: ENOTDIR/m);
  expect(stdout).toMatch(/^key-hash: /m);
  expect(stdout).toMatch(/^ {2}zlib\.crc32 +[\d,.]+/m);
  expect(readFileSync(html, 'utf8')).toContain('FAILED: commit-alone, millrace: ENOTDIR');
});

test('refuses what it could not write before it measures anything', async () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const { code, stdout, stderr } = await bench(['--only', 'key-hash', '--html', join(file, 'report.html')]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^--html is /);
  expect(stdout).toBe('');
  expect(existsSync(join(file, 'report.html'))).toBe(false);
});
