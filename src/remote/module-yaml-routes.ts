/**
 * Topics and streams of an ingress with their targets: the same for Kafka and Kinesis, but for what they are called.
 */
import { isNamespace, isTypeName } from '../sdk/address.ts';
import { describe } from '../sdk/errors.ts';
import type { RecordRoute } from './module-description.ts';
import type { YamlFields } from './module-yaml-fields.ts';

/** At least one is needed. Of two for the same topic the last one wins, as in StateFun, and there is a warning. */
export function readRoutes(
  spec: YamlFields,
  listName: 'topics' | 'streams',
  fromName: 'topic' | 'stream',
): RecordRoute[] {
  const routes = new Map<string, RecordRoute>();
  for (const fields of spec.listOfFields(listName)) {
    const from = fields.requiredText(fromName);
    if (routes.has(from)) {
      spec.findings.warn(fields.at, `the ${fromName} ${describe(from)} stands here again; this entry wins`);
    }
    routes.set(from, { from, valueType: fields.requiredTypeName('valueType'), targets: readTargets(fields) });
    fields.finish();
  }
  if (routes.size === 0) spec.refuse(listName, `it needs one ${fromName} at least`);
  return [...routes.values()];
}

function readTargets(fields: YamlFields): string[] {
  const targets = fields.listOfTexts('targets').map(({ text, at }) => {
    if (!isTypeName(text) || isNamespace(text)) {
      fields.findings.refuse(at, `a target must be of the form namespace/name, not ${describe(text)}`);
    }
    return text;
  });
  if (targets.length === 0) fields.refuse('targets', 'it needs one target at least');
  return targets;
}
