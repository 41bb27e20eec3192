/**
 * The form of module.yaml before every document had a kind: one document with a version, of which only `3.0` is known.
 * Its parts become the same descriptions, under the kinds of today.
 */
import { describe } from '../sdk/errors.ts';
import type { YamlFields } from './module-yaml-fields.ts';
import { type ModuleDraft, readSpec } from './module-yaml-kinds.ts';

/** Old kind → kind of today. */
const ENDPOINT_KINDS: ReadonlyMap<string, string> = new Map([['http', 'io.statefun.endpoints.v1/http']]);
const INGRESS_KINDS: ReadonlyMap<string, string> = new Map([
  ['io.statefun.kafka/ingress', 'io.statefun.kafka.v1/ingress'],
  ['io.statefun.kinesis/ingress', 'io.statefun.kinesis.v1/ingress'],
]);
const EGRESS_KINDS: ReadonlyMap<string, string> = new Map([
  ['io.statefun.kafka/egress', 'io.statefun.kafka.v1/egress'],
  ['io.statefun.kinesis/egress', 'io.statefun.kinesis.v1/egress'],
]);

/** A module of version 3.0. */
export function readLegacyModule(document: YamlFields, draft: ModuleDraft): void {
  const version = document.requiredText('version');
  if (version !== '3.0') {
    document.refuse('version', `the version must be "3.0", not ${describe(version)}; newer files have no version`);
    return;
  }
  document.require('module');
  const module = document.fields('module');
  const meta = module.fields('meta');
  const type = meta.requiredText('type');
  if (type !== '' && type !== 'remote') meta.refuse('type', `it must be remote, not ${describe(type)}`);
  meta.finish();
  const spec = module.fields('spec');
  for (const item of spec.listOfFields('endpoints')) readItem(item, draft, 'endpoint', 'kind', ENDPOINT_KINDS);
  for (const item of spec.listOfFields('ingresses')) readItem(item, draft, 'ingress', 'type', INGRESS_KINDS);
  for (const item of spec.listOfFields('egresses')) readItem(item, draft, 'egress', 'type', EGRESS_KINDS);
  for (const fields of [spec, module, document]) fields.finish();
}

function readItem(
  item: YamlFields,
  draft: ModuleDraft,
  name: 'endpoint' | 'ingress' | 'egress',
  kindField: 'kind' | 'type',
  kinds: ReadonlyMap<string, string>,
): void {
  item.require(name);
  const fields = item.fields(name);
  const meta = fields.fields('meta');
  const old = meta.requiredText(kindField);
  const id = name === 'endpoint' ? undefined : meta.requiredTypeName('id');
  const kind = kinds.get(old);
  if (kind === undefined && old !== '') {
    meta.refuse(kindField, `there is no ${name} ${describe(old)}; there are ${[...kinds.keys()].join(', ')}`);
  }
  if (kind !== undefined) readSpec(draft, { kind, document: meta, kindField }, fields.fields('spec'), id);
  for (const each of [meta, fields, item]) each.finish();
}
