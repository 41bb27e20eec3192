/**
 * What the tidy checks ask of a file: which modules it names, and how long its functions are. Read from a real syntax
 * tree, so that strings and comments are never mistaken for code.
 */
import { parseTypeScript } from '../parse.ts';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

export interface ImportSite {
  readonly specifier: string;
  readonly line: number;
}

export interface FunctionSite {
  readonly name: string;
  readonly line: number;
  readonly lineCount: number;
}

export interface Syntax {
  readonly imports: readonly ImportSite[];
  readonly functions: readonly FunctionSite[];
}

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

export function readSyntax(text: string): Syntax {
  const lineOf = lineIndex(text);
  const imports: ImportSite[] = [];
  const functions: FunctionSite[] = [];
  walk(parseTypeScript(text), undefined, (node, parent) => {
    const line = lineOf(node.start);
    const specifier = IMPORTING.has(node.type) ? literal(node['source']) : undefined;
    if (specifier !== undefined) imports.push({ specifier, line });
    if (FUNCTIONS.has(node.type)) {
      functions.push({ name: nameOf(node, parent), line, lineCount: lineOf(node.end - 1) - line + 1 });
    }
  });
  return { imports, functions };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

function walk(value: unknown, parent: Node | undefined, visit: (node: Node, parent: Node | undefined) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, parent, visit);
  if (!isNode(value)) return;
  visit(value, parent);
  for (const child of Object.values(value)) if (typeof child === 'object') walk(child, value, visit);
}

function literal(node: unknown): string | undefined {
  return isNode(node) && typeof node['value'] === 'string' ? node['value'] : undefined;
}

/** A function's own name, or that of the method, property or variable that holds it. */
function nameOf(node: Node, parent: Node | undefined): string {
  for (const holder of [node['id'], parent?.['key'], parent?.['id']]) {
    if (isNode(holder) && typeof holder['name'] === 'string') return holder['name'];
  }
  return 'anonymous';
}

/** Maps an offset to its line, counted from 1. */
function lineIndex(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    for (let high = starts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
