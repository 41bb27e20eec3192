/** The one door to a TypeScript parser: the one that the test runner brings along, as the compiler itself has no API. */
import { parseAst } from 'vitest/node';

// oxlint-disable typescript/no-deprecated -- the successor, parseSync, is not handed on by the test runner
export type Program = ReturnType<typeof parseAst>;

export function parseTypeScript(text: string): Program {
  return parseAst(text, { lang: 'ts' });
}
