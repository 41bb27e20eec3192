/**
 * From the text of a module.yaml to a plain description of what it says. It opens nothing and reads nothing else; all
 * mistakes of the text come together, each with its place.
 */
import { guardOf } from './endpoint-options.ts';
import type { ModuleDescription } from './module-description.ts';
import { readYamlDocuments, type YamlNode } from './module-yaml-documents.ts';
import { YamlFields } from './module-yaml-fields.ts';
import { type YamlFinding, YamlFindings } from './module-yaml-finding.ts';
import { ModuleDraft, readSpec } from './module-yaml-kinds.ts';
import { readLegacyModule } from './module-yaml-legacy.ts';

/** What was read of a module.yaml, and what was odd in it. */
export interface ModuleYamlReading {
  readonly description: ModuleDescription;
  /** Fields that have no effect, and the like. */
  readonly warnings: readonly YamlFinding[];
}

/**
 * Reads the text of a module.yaml; `file` is what errors call it. `MODULE_YAML_INVALID` names document, line, column and
 * field of all its mistakes. `allow` lists hosts that endpoints may have though they would be refused. (StateFun: RemoteModule.)
 */
export function readModuleText(text: string, file: string, allow: readonly string[] = []): ModuleYamlReading {
  const findings = new YamlFindings();
  const draft = new ModuleDraft(guardOf(allow));
  const documents = readYamlDocuments(text.replace(/^\uFEFF/, ''), findings).filter((node) => !isNull(node));
  const [first] = documents;
  if (documents.length === 1 && first?.kind === 'map' && first.entries.some(({ key }) => key === 'version')) {
    readLegacyModule(new YamlFields(first, findings), draft);
  } else {
    for (const node of documents) readDocument(node, draft, findings);
  }
  findings.throwIfRefused(file);
  const { endpoints, ingresses, egresses } = draft;
  return { description: { endpoints, ingresses, egresses }, warnings: findings.warnings };
}

function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

function readDocument(node: YamlNode, draft: ModuleDraft, findings: YamlFindings): void {
  if (node.kind !== 'map') {
    findings.refuse(node.at, 'a document must be a map with kind and spec');
    return;
  }
  const document = new YamlFields(node, findings);
  const kind = document.requiredText('kind');
  document.require('spec');
  readSpec(draft, { kind, document, kindField: 'kind' }, document.fields('spec'));
  document.finish();
}
