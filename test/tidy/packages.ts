/**
 * Third-party doors: a package that touches the core is imported by one file of src/ only, and every package that is
 * imported at all is one that users get when they install.
 */
import { SINGLE_IMPORTER } from './house.ts';
import type { Tree } from './tree.ts';
import type { Violation } from './violation.ts';

interface PackageImport {
  readonly name: string;
  readonly path: string;
  readonly line: number;
}

export function checkPackages(tree: Tree): Violation[] {
  const imports = packageImports(tree);
  return [
    ...imports.flatMap((site) => undeclared(site, tree)),
    ...SINGLE_IMPORTER.flatMap((name) => secondDoors(name, imports)),
  ];
}

function packageImports({ files }: Tree): PackageImport[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target, specifier }) => target === undefined && !specifier.startsWith('node:'))
      .map(({ specifier, line }) => ({ name: packageName(specifier), path, line })),
  );
}

/** 'msgpackr/pack' → 'msgpackr', '@scope/name/file' → '@scope/name'. */
function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function undeclared({ name, path, line }: PackageImport, { dependencies }: Tree): Violation[] {
  if (dependencies.has(name)) return [];
  const message = `imports ${name}: write node:${name} if it is a builtin, or list it in the dependencies of package.json`;
  return [{ rule: 'dependency', path, line, message }];
}

function secondDoors(name: string, imports: readonly PackageImport[]): Violation[] {
  const sites = imports.filter((site) => site.name === name && site.path.startsWith('src/'));
  const keeper = sites[0]?.path;
  return sites
    .filter(({ path }) => path !== keeper)
    .map(({ path, line }) => ({
      rule: 'single-importer',
      path,
      line,
      message: `imports ${name}, whose one importer is ${keeper}: use what that file exports, or extend it`,
    }));
}
