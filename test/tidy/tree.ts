/**
 * Reads the checked part of a source tree into memory once: every file's path, text and syntax, with relative imports
 * resolved to paths from the root. The checks work on this and never touch the disk.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { CHECKED_FOLDERS } from './house.ts';
import { type FunctionSite, type ImportSite, readSyntax, type Syntax } from './syntax.ts';

export interface SourceFile {
  /** From the root, with forward slashes: 'src/ring/spsc-ring.ts'. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly ResolvedImport[];
  readonly functions: readonly FunctionSite[];
}

export interface ResolvedImport extends ImportSite {
  /** The imported file from the root; undefined for a package. */
  readonly target: string | undefined;
}

export interface Tree {
  readonly topLevel: readonly string[];
  /** All paths under the checked folders, whatever their kind. */
  readonly paths: readonly string[];
  readonly files: readonly SourceFile[];
  /** Names of the packages that package.json lets users install. */
  readonly dependencies: ReadonlySet<string>;
}

export function readTree(root: string): Tree {
  const paths = CHECKED_FOLDERS.flatMap((folder) => listFiles(root, folder)).toSorted();
  const files = paths.filter((path) => path.endsWith('.ts')).map((path) => readSource(root, path));
  return { topLevel: readdirSync(root), paths, files, dependencies: readDependencies(root) };
}

function listFiles(root: string, folder: string): string[] {
  if (!readdirSync(root).includes(folder)) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(root, posix.join(entry.parentPath, entry.name)));
}

function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const { imports, functions } = syntaxOf(path, text);
  return {
    path,
    text,
    functions,
    imports: imports.map((site) => ({ ...site, target: resolve(path, site.specifier) })),
  };
}

function syntaxOf(path: string, text: string): Syntax {
  try {
    return readSyntax(text);
  } catch (cause) {
    throw new Error(`${path} does not parse: npm run typecheck names the line`, { cause });
  }
}

function resolve(importer: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(importer), specifier) : undefined;
}

function readDependencies(root: string): Set<string> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object | undefined>;
  const kinds = ['dependencies', 'optionalDependencies', 'peerDependencies'];
  return new Set(kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})));
}
