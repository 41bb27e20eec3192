/**
 * Our own files as users start them: compiled to JavaScript, like the package that is published. Sources, whose types
 * Node takes out whenever it loads them, take longer to start. They are compiled once in a process, into a folder that
 * goes when the process does. Only for what `built.tsconfig.json` lists.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Within the repository, so that packages are found from there. */
const OUT = fileURLToPath(new URL('../out/', import.meta.url));
const COMPILER = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
const CONFIGURATION = fileURLToPath(new URL('./built.tsconfig.json', import.meta.url));

let folder: string | undefined;

/** The compiled file of a source. */
export function builtFile(source: URL): URL {
  folder ??= compile();
  const path = relative(ROOT, fileURLToPath(source)).replace(/\.ts$/, '.js');
  return new URL(path, pathToFileURL(`${folder}/`));
}

function compile(): string {
  mkdirSync(OUT, { recursive: true });
  const target = mkdtempSync(`${OUT}built-`);
  process.on('exit', () => rmSync(target, { recursive: true, force: true }));
  const { status, stdout, error } = spawnSync(COMPILER, ['-p', CONFIGURATION, '--outDir', target], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The sources do not compile: ${stdout}`, { cause: error });
  return target;
}
