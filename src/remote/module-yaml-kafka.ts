/**
 * Kafka in a module.yaml: `io.statefun.kafka.v1/ingress` and `/egress`. Only what they say; nothing here knows a broker.
 */
import { describe } from '../sdk/errors.ts';
import type { KafkaEgress, KafkaIngress, KafkaStartup } from './module-description.ts';
import { readDateField } from './module-yaml-date.ts';
import type { YamlFields } from './module-yaml-fields.ts';
import { readRoutes } from './module-yaml-routes.ts';

const SERVERS = 'bootstrap.servers';
const GROUP = 'group.id';

export function readKafkaIngress(spec: YamlFields, id: string): KafkaIngress {
  const properties = spec.properties('properties');
  setFrom(spec, 'address', properties, SERVERS);
  setFrom(spec, 'consumerGroupId', properties, GROUP);
  // Always said, as StateFun does, so it overrides what stands in properties.
  properties.set('auto.offset.reset', spec.word('autoOffsetResetPosition', ['latest', 'earliest'], 'latest'));
  const ingress = {
    kind: 'io.statefun.kafka.v1/ingress' as const,
    id,
    routes: readRoutes(spec, 'topics', 'topic'),
    properties,
    startup: readStartup(spec.fields('startupPosition')),
  };
  spec.finish();
  return ingress;
}

/** A named field wins over the property of its name; one of them must be there. */
function setFrom(spec: YamlFields, field: string, properties: Map<string, string>, property: string): void {
  const text = spec.text(field);
  if (text !== undefined) properties.set(property, text);
  if (!properties.has(property)) spec.refuse(field, `this field is required, or ${property} in properties`);
}

const STARTUPS = ['latest', 'earliest', 'group-offsets', 'specific-offsets', 'date'] as const;

function readStartup(position: YamlFields): KafkaStartup {
  const from = position.word('type', STARTUPS, 'latest');
  let startup: KafkaStartup;
  if (from === 'specific-offsets') startup = { from, offsets: readOffsets(position) };
  else if (from === 'date') startup = { from, epochMs: readDateField(position) };
  else startup = { from };
  position.finish();
  return startup;
}

/** `topic/partition: offset`, each an entry of a list. */
function readOffsets(position: YamlFields): (KafkaStartup & { from: 'specific-offsets' })['offsets'] {
  const offsets = [...position.properties('offsets')].map(([name, text]) => {
    const [, topic = '', partition = ''] = /^(.+)\/(\d{1,9})$/.exec(name) ?? [];
    const offset = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (topic === '' || !Number.isSafeInteger(offset)) {
      position.refuse('offsets', `each must be topic/partition: offset, not ${describe(`${name}: ${text}`)}`);
    }
    return { topic, partition: Number(partition), offset };
  });
  if (offsets.length === 0) position.refuse('offsets', 'it needs one offset at least');
  return offsets;
}

export function readKafkaEgress(spec: YamlFields, id: string): KafkaEgress {
  const properties = spec.properties('properties');
  setFrom(spec, 'address', properties, SERVERS);
  const semantic = spec.fields('deliverySemantic');
  const delivery = semantic.word('type', ['at-least-once', 'exactly-once', 'none'], 'at-least-once');
  const transactionTimeoutMs = delivery === 'exactly-once' ? readTransactionTimeout(semantic) : undefined;
  if (transactionTimeoutMs !== undefined) properties.set('transaction.timeout.ms', String(transactionTimeoutMs));
  semantic.finish();
  spec.finish();
  return { kind: 'io.statefun.kafka.v1/egress', id, properties, delivery, transactionTimeoutMs };
}

/** The old name wins. It was a plain number; StateFun's documents give it a unit, so it may have one. */
function readTransactionTimeout(semantic: YamlFields): number {
  const timeoutMs = semantic.durationMs('transactionTimeout', 0, false);
  if (semantic.has('transactionTimeoutMillis')) return semantic.durationMs('transactionTimeoutMillis', 0, false);
  semantic.require('transactionTimeout');
  return timeoutMs;
}
