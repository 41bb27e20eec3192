/** What a tidy check reports: where, which rule, and what to do about it. */
export interface Violation {
  readonly rule: Rule;
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

/** Every rule has a canary in test/tidy.test.ts: a small tree that must be refused. */
export const RULES = [
  'floor',
  'room',
  'cycle',
  'single-importer',
  'dependency',
  'name',
  'opening',
  'word',
  'file-length',
  'function-length',
  'stale-exception',
  'top-level',
] as const;

export type Rule = (typeof RULES)[number];

export function formatViolation({ rule, path, line, message }: Violation): string {
  return `${path}${line === undefined ? '' : `:${line}`}  [${rule}] ${message}`;
}
