/**
 * No import cycles, of values or of types: two files that need each other are one file, or want a third one below them.
 */
import type { SourceFile, Tree } from './tree.ts';
import type { Violation } from './violation.ts';

/** Depth-first; each edge back into the current path is one cycle, reported once from the file that closes it. */
export function checkCycles({ files }: Tree): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const violations: Violation[] = [];

  const visit = (file: SourceFile, trail: readonly string[]): void => {
    const path = [...trail, file.path];
    for (const site of file.imports) {
      const target = site.target === undefined ? undefined : byPath.get(site.target);
      if (target === undefined || done.has(target.path)) continue;
      const start = path.indexOf(target.path);
      if (start < 0) visit(target, path);
      else violations.push(cycle(file.path, site.line, [...path.slice(start), target.path]));
    }
    done.add(file.path);
  };

  for (const file of files) if (!done.has(file.path)) visit(file, []);
  return violations;
}

function cycle(path: string, line: number, members: readonly string[]): Violation {
  const message = `closes the cycle ${members.join(' → ')}: move what they share into a file below both`;
  return { rule: 'cycle', path, line, message };
}
