/**
 * The package as users get it: built, packed, checked by the two linters of published packages, installed into an empty
 * project from the registry's dependencies alone and without optional ones, and used there by a program.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaintOf, ROOT, runTool } from './tool.ts';

describe('the published package', () => {
  const work = mkdtempSync(join(tmpdir(), 'millrace-package-'));
  const staging = join(work, 'staging');
  const consumer = join(work, 'consumer');
  let tarball = '';

  beforeAll(async () => {
    tarball = await buildAndPack(staging);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test('holds compiled files and no sources', async () => {
    const { stdout } = await runTool('tar', ['-tzf', tarball]);
    const files = stdout.trim().split('\n');
    expect(files).toEqual(
      expect.arrayContaining(['package/README.md', 'package/LICENSE', 'package/dist/src/index.js']),
    );
    expect(files.filter((file) => /(?<!\.d)\.ts$|^package\/(?:src|test|bench|examples)\//.test(file))).toEqual([]);
  });

  test('satisfies publint', async () => {
    expect(complaintOf(await runTool('publint', ['run', '--strict', tarball]))).toBe('');
  });

  test('has types that every resolver finds (attw)', async () => {
    expect(complaintOf(await runTool('attw', ['--profile', 'esm-only', tarball]))).toBe('');
  });

  test('installs into an empty project and runs there', async () => {
    cpSync(join(ROOT, 'test/package'), consumer, { recursive: true });
    copyExample('greeter', consumer);
    writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
    const install = ['install', '--omit=optional', '--no-audit', '--no-fund', tarball];
    expect(complaintOf(await runTool('npm', install, { cwd: consumer }))).toBe('');
    const run = await runTool(process.execPath, ['consumer.mjs'], { cwd: consumer });
    expect(complaintOf(run)).toBe('');
    expect(run.stdout.trim().split('\n')).toEqual(['520 of 100', '520 of 100', '520 of 100, 5 seeds']);
    const statefun = await runTool(process.execPath, ['statefun-main.mjs'], { cwd: consumer });
    expect(complaintOf(statefun)).toBe('');
    expect(statefun.stdout).toBe('3 from Kim\n');
    const greeter = await runTool(process.execPath, ['greeter/main.ts', 'Kim', 'Kim'], { cwd: consumer });
    expect(complaintOf(greeter)).toBe('');
    expect(greeter.stdout).toBe('Hello Kim, visit 1.\nHello Kim, visit 2.\nKim came 2 times.\n');
  });
});

/** An example as its reader would copy it: with the package in the place of this repository's entry. */
function copyExample(name: string, project: string): void {
  cpSync(join(ROOT, 'examples', name), join(project, name), { recursive: true });
  for (const file of readdirSync(join(project, name))) {
    const path = join(project, name, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll("'../../src/index.ts'", "'millrace'"));
  }
}

/** Works on a copy, so that a run of the tests neither needs nor changes the dist/ of the working copy. */
async function buildAndPack(staging: string): Promise<string> {
  for (const file of ['package.json', 'README.md', 'LICENSE']) cpSync(join(ROOT, file), join(staging, file));
  const build = ['-p', 'src/tsconfig.build.json', '--outDir', join(staging, 'dist')];
  expect(complaintOf(await runTool('tsc', build))).toBe('');
  const packed = await runTool('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: staging });
  expect(complaintOf(packed)).toBe('');
  return join(staging, packed.stdout.trim());
}
