/**
 * Length ratchets. A file fits on a few screens and a function on one; what is longer stands in a table with its exact
 * length, and may only become shorter.
 */
import { MAX_FILE_LINES, MAX_FUNCTION_LINES } from './house.ts';
import type { Tree } from './tree.ts';
import type { Violation } from './violation.ts';

interface Measure {
  readonly rule: 'file-length' | 'function-length';
  readonly key: string;
  readonly path: string;
  readonly line: number;
  readonly lineCount: number;
  readonly limit: number;
}

export function checkRatchets(tree: Tree, exceptions: Readonly<Record<string, number>>): Violation[] {
  const long = measure(tree).filter(({ lineCount, limit }) => lineCount > limit);
  const needed = new Set(long.map(({ key }) => key));
  const unneeded = Object.keys(exceptions).filter((key) => !needed.has(key));
  return [...long.flatMap((item) => judge(item, exceptions[item.key])), ...unneeded.map(forgotten)];
}

function measure({ files }: Tree): Measure[] {
  return files.flatMap(({ path, text, functions }) => [
    { rule: 'file-length', key: path, path, line: 1, lineCount: lineCount(text), limit: MAX_FILE_LINES },
    ...functions.map(
      ({ name, ...site }): Measure => ({
        rule: 'function-length',
        key: `${path}#${name}`,
        path,
        ...site,
        limit: MAX_FUNCTION_LINES,
      }),
    ),
  ]);
}

function lineCount(text: string): number {
  return text.trimEnd().split('\n').length;
}

function judge({ rule, key, path, line, lineCount, limit }: Measure, allowed: number | undefined): Violation[] {
  if (lineCount === allowed) return [];
  if (allowed !== undefined && lineCount < allowed) {
    const message = `is down to ${lineCount} lines: lower its entry '${key}' in test/tidy/exceptions.ts from ${allowed}`;
    return [{ rule: 'stale-exception', path, line, message }];
  }
  const cure = rule === 'file-length' ? 'move one concern into a file of its own' : 'name its steps as functions';
  const message = `${key} has ${lineCount} lines, ${allowed ?? limit} are allowed: ${cure}`;
  return [{ rule, path, line, message }];
}

function forgotten(key: string): Violation {
  const message = `'${key}' is not over its limit any more: delete its line`;
  return { rule: 'stale-exception', path: 'test/tidy/exceptions.ts', message };
}
