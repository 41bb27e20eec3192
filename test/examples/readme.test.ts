/**
 * The README, held to what it says: its program runs and prints what is printed below it, its code compiles, and its
 * tables and links match the source.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { ERROR_CODES, MillraceError } from '../../src/index.ts';
import { complaintOf, ROOT, runTool } from '../tool.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const ENTRY = pathToFileURL(join(ROOT, 'src/index.ts')).href;
const folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The code blocks of a language, under a heading. */
function blocks(heading: string, language: string): string[] {
  const section = README.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...section.matchAll(pattern)].map(([, text]) => text);
}

/** The cells of all table rows whose first cell is a name in backquotes. */
function rows(heading: string): string[][] {
  const section = README.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| (`\w+` \|.*) \|$/gm)].map(([, row]) => row.split(' | ').map((cell) => cell.trim()));
}

describe('the first program', () => {
  const [program = ''] = blocks('A first program', 'ts');

  test('is about 25 lines long', () => {
    expect(program.trim().split('\n').length).toBeLessThanOrEqual(28);
  });

  test('prints what the README says', async () => {
    const path = join(folder, 'count.ts');
    writeFileSync(path, program.replace("'millrace'", JSON.stringify(ENTRY)));
    const run = await runTool(process.execPath, [path], { cwd: folder });
    expect(complaintOf(run)).toBe('');
    const [printed = ''] = blocks('A first program', 'text');
    const kim = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('Kim'));
    expect(kim(run.stdout)).toEqual(kim(printed));
    expect(run.stdout.split('\n').toSorted()).toEqual(printed.split('\n').toSorted());
  });
});

test('the durable program goes on where it was, and knows what it was sent', async () => {
  const [program = ''] = blocks('Durability', 'ts');
  const place = join(folder, 'durable');
  mkdirSync(place);
  writeFileSync(join(place, 'till.ts'), program.replace("'millrace'", JSON.stringify(ENTRY)));
  for (const said of ['east has 16\n', 'east has 27\n']) {
    const run = await runTool(process.execPath, [join(place, 'till.ts')], { cwd: place });
    expect(complaintOf(run)).toBe('');
    expect(run.stdout).toBe(said);
    expect(README).toContain(`\`${said.trim()}\``);
  }
  const lines = readFileSync(join(place, 'journal.ndjson'), 'utf8').trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { total: number }).total)).toEqual([10, 15, 16, 26, 27]);
});

test('the tests of functions pass', async () => {
  const [program = ''] = blocks('Test your functions', 'ts');
  const path = join(folder, 'bank.test.ts');
  const testing = pathToFileURL(join(ROOT, 'src/testing/index.ts')).href;
  writeFileSync(
    path,
    program.replace("'millrace'", JSON.stringify(ENTRY)).replace("'millrace/testing'", JSON.stringify(testing)),
  );
  const run = await runTool(process.execPath, ['--test-reporter=tap', path], { cwd: folder });
  expect(complaintOf(run)).toBe('');
  expect(run.stdout).toMatch(/^ok 1 - money moves/m);
  expect(run.stdout).toMatch(/^ok 2 - money is neither made nor lost/m);
});

test('all of its code compiles', async () => {
  const sources = join(folder, 'sources');
  mkdirSync(sources);
  const programs = [...README.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text);
  expect(programs).toHaveLength(12);
  programs.forEach((text, index) => writeFileSync(join(sources, `program-${index}.ts`), text));
  writeFileSync(join(sources, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    paths: {
      millrace: [join(ROOT, 'src/index.ts')],
      'millrace/endpoint': [join(ROOT, 'src/endpoint/index.ts')],
      'millrace/remote': [join(ROOT, 'src/remote/index.ts')],
      'millrace/statefun': [join(ROOT, 'src/statefun/index.ts')],
      'millrace/testing': [join(ROOT, 'src/testing/index.ts')],
    },
    typeRoots: [join(ROOT, 'node_modules/@types')],
  };
  const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts'] };
  writeFileSync(join(sources, 'tsconfig.json'), JSON.stringify(config));
  expect(complaintOf(await runTool('tsc', ['-p', sources]))).toBe('');
});

test('the table of errors is the table of the source', () => {
  const expected = ERROR_CODES.map((code) => [
    `\`${code}\``,
    new MillraceError(code, 'This.').message.replace('This. ', ''),
  ]);
  expect(rows('Errors')).toEqual(expected);
});

test('the table of options names every option, in order', () => {
  const source = readFileSync(join(ROOT, 'src/engine/options.ts'), 'utf8');
  const [, body = ''] = /export interface EngineOptions \{(.*?)^\}/ms.exec(source) ?? [];
  const names = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => `\`${name}\``);
  expect(names.length).toBeGreaterThan(5);
  expect(rows('Options').map(([name]) => name)).toEqual(names);
});

test.each(['README.md', 'src/README.md', 'examples/README.md'])('the links of %s lead somewhere', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => join(ROOT, page, '..', target));
  expect(targets.filter((target) => !existsSync(target))).toEqual([]);
});

test('the scripts that it names exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  const named = [...README.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('the supported lines of Node are those of package.json', () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } };
  expect(engines.node).toBe('^22.22.0 || ^24.11.0 || >=26.0.0');
  expect(README).toContain('Node 22 (from 22.22), 24 (from 24.11), and 26 on.');
});
