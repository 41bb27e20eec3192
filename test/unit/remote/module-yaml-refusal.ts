/** How a module.yaml was refused, for the tests of its reader. */
import { MillraceError } from '../../../src/index.ts';
import { readModuleText } from '../../../src/remote/module-yaml.ts';
import type { YamlFinding } from '../../../src/remote/module-yaml-finding.ts';

export interface Refusal {
  readonly message: string;
  readonly findings: readonly YamlFinding[];
}

/** Undefined if it was accepted; whatever else is thrown goes on. */
export function refusalOf(text: string): Refusal | undefined {
  try {
    readModuleText(text, 'module.yaml');
    return undefined;
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MODULE_YAML_INVALID') throw error;
    return { message: error.message, findings: error.details['findings'] as readonly YamlFinding[] };
  }
}
