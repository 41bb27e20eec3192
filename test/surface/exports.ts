/** Reads the export list of an entry file from its syntax, since the names of types are gone at run time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Program, parseTypeScript } from '../parse.ts';
import { ROOT } from '../tool.ts';

export interface ExportList {
  /** Sorted names of run-time values. */
  readonly values: readonly string[];
  /** Sorted names that exist for the compiler only. */
  readonly types: readonly string[];
  /** Modules that are exported wholesale. */
  readonly stars: readonly string[];
}

type Statement = Program['body'][number];
type Named = Extract<Statement, { type: 'ExportNamedDeclaration' }>;

export function readExports(path: string): ExportList {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const { body } = parseTypeScript(text);
  const names = body.filter((statement) => statement.type === 'ExportNamedDeclaration').flatMap(namesOf);
  const select = (kind: 'type' | 'value'): string[] =>
    names.filter((name) => name.kind === kind).map(({ name }) => name);
  return { values: select('value').toSorted(), types: select('type').toSorted(), stars: body.flatMap(starOf) };
}

function namesOf(statement: Named): { name: string; kind: 'type' | 'value' }[] {
  if (statement.declaration !== null) {
    throw new Error(
      'An entry file declares nothing itself: move the declaration into a room and export it from there.',
    );
  }
  return statement.specifiers.map(({ exported, exportKind }) => ({
    name: exported.type === 'Literal' ? exported.value : exported.name,
    kind: statement.exportKind === 'type' || exportKind === 'type' ? 'type' : 'value',
  }));
}

function starOf(statement: Statement): string[] {
  return statement.type === 'ExportAllDeclaration' ? [statement.source.value] : [];
}
