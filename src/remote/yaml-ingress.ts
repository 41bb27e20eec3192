/**
 * The ingresses of a module.yaml as ingresses and routers of ours. There are no connectors to Kafka and Kinesis yet: an
 * ingress is served by a source that stands in for one, or says by its name that nobody serves it.
 */
import { type AnyIngress, type AnyRouter, defineIngress, defineRouter, type IngressSource } from '../sdk/ingress.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { IngressDescription } from './module-description.ts';
import { type KafkaIngressRecord, type KinesisIngressRecord, routeRecord } from './record-routing.ts';

/** A source of the records of an ingress: `ndjsonSource`, or any other. */
export type KeyedSource = IngressSource<KafkaIngressRecord> | IngressSource<KinesisIngressRecord>;

type KeyedRecord = KafkaIngressRecord | KinesisIngressRecord;

/** Throws `INVALID_DEFINITION`. */
export function ingressOf(description: IngressDescription, source: KeyedSource | undefined): AnyIngress {
  const { id: type, kind } = description;
  const unserved =
    `Nobody serves the ingress "${type}" of kind ${kind}: there is no connector for it yet. Give it a source of its ` +
    `records: readModuleYaml(url, { sources: { '${type}': … } }), or startEngine({ ingresses: […] })`;
  const ingress = defineIngress<KeyedRecord>(source === undefined ? { type } : { type, source });
  return Object.freeze({ ...ingress, unserved });
}

/** Its router throws `MALFORMED_RECORD` at a record that has nowhere to go; the ingress goes on with the next one. */
export function routerOf(description: IngressDescription): AnyRouter {
  const { id: ingress, routes, kind } = description;
  const fromName = kind === 'io.statefun.kafka.v1/ingress' ? 'topic' : 'stream';
  const router = defineRouter<Partial<KafkaIngressRecord & KinesisIngressRecord> | null>({
    ingress,
    route(record, send) {
      const from = record?.[fromName];
      if (typeof from !== 'string' || record === null) {
        throw malformed(ingress, `it must be an object with a ${fromName}, not ${describe(record)}`);
      }
      const routed = routeRecord(routes, from, record);
      if (routed.refusal !== undefined) throw malformed(ingress, routed.refusal);
      for (const { target, id, message } of routed.messages) send(target, id, message);
    },
  });
  return Object.freeze({ ...router, targets: [...new Set(routes.flatMap(({ targets }) => targets))] });
}

function malformed(ingress: string, what: string): MillraceError {
  return new MillraceError('MALFORMED_RECORD', `Ingress "${ingress}": ${what}`, { details: { ingress } });
}
