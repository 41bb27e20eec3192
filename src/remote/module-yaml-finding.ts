/**
 * What is wrong with a module.yaml, or odd, each with its place: a reader goes on after the first mistake, so that
 * whoever wrote the file sees all of them at once. Reading never throws in the middle; who asked looks here at the end.
 */
import { MillraceError } from '../sdk/errors.ts';

/** Where something stands in a file. */
export interface YamlPlace {
  /** The number of the document in the file, from 1; null documents count. */
  readonly document: number;
  /** The fields that lead there, such as `spec.topics[0].valueType`; empty for the document itself. */
  readonly path: string;
  /** From 1, as are columns. */
  readonly line: number;
  readonly column: number;
}

/** One mistake or oddity of a module.yaml. */
export interface YamlFinding extends YamlPlace {
  readonly what: string;
}

/** Further mistakes of one file are counted, not told. */
const ERROR_COUNT_MAX = 20;

export class YamlFindings {
  readonly errors: YamlFinding[] = [];
  readonly warnings: YamlFinding[] = [];

  refuse({ document, path, line, column }: YamlPlace, what: string): void {
    this.errors.push({ what, document, path, line, column });
  }

  warn({ document, path, line, column }: YamlPlace, what: string): void {
    this.warnings.push({ what, document, path, line, column });
  }

  /** Throws `MODULE_YAML_INVALID` with all errors, in the order of the file; `details.findings` holds them as data. */
  throwIfRefused(file: string): void {
    const { errors } = this;
    if (errors.length === 0) return;
    errors.sort((left, right) => left.line - right.line || left.column - right.column);
    const told = errors.slice(0, ERROR_COUNT_MAX).map((finding) => describeFinding(finding));
    if (errors.length > told.length) told.push(`and ${errors.length - told.length} more`);
    const what = told.length === 1 ? `${file}: ${told[0]}` : `${file}:\n  ${told.join('\n  ')}`;
    throw new MillraceError('MODULE_YAML_INVALID', what, { details: { file, findings: errors } });
  }
}

/** A finding on one line: its place, and what it is. */
export function describeFinding({ document, path, line, column, what }: YamlFinding): string {
  return `document ${document}, line ${line}, column ${column}${path === '' ? '' : `, ${path}`}: ${what}`;
}
