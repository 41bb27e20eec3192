/**
 * `npm run test:node-versions [-- 22|24 …]`: the whole test run on the older lines of Node that
 * package.json promises. Each line is installed once from npm into .cache/, outside the project's own node_modules,
 * and stands first in PATH, so that every tool and process that a test starts runs on it as well.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { refuse } from './command-line.ts';

const ROOT = join(import.meta.dirname, '..');
const VERSIONS: Readonly<Record<string, string>> = { 22: '22.23.3', 24: '24.21.0' };

const wanted = process.argv.slice(2);
for (const major of wanted) {
  if (!Object.hasOwn(VERSIONS, major))
    refuse(`Node ${major} is not tested here; known are ${Object.keys(VERSIONS).join(', ')}.`);
}
const majors = wanted.length === 0 ? Object.keys(VERSIONS) : wanted;
const failed = majors.filter((major) => !testOn(major));
console.log(failed.length === 0 ? `passed on Node ${majors.join(', ')}` : `FAILED on Node ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function testOn(major: string): boolean {
  const bin = install(major);
  const env = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter), MILLRACE_NODE_MAJOR: major };
  const vitest = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'test/vitest.config.ts'];
  console.log(`\nNode ${VERSIONS[major]}`);
  return spawnSync(join(bin, 'node'), vitest, { cwd: ROOT, env, stdio: 'inherit' }).status === 0;
}

/** Returns the folder that holds this line's `node`. */
function install(major: string): string {
  const version = String(VERSIONS[major]);
  const folder = join(ROOT, '.cache', `node-${version}`);
  const bin = join(folder, 'node_modules', '.bin');
  if (existsSync(join(bin, 'node'))) return bin;
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, dependencies: { node: version }, allowScripts: { node: true } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
  if (npm.status !== 0) throw new Error(`npm could not install node@${version}`);
  return bin;
}
