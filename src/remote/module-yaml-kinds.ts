/**
 * The kinds of a module.yaml by name, and the draft that their readers fill. A kind that is not in this table does not
 * exist: StateFun's own extensions are Java classes, which nobody here can load.
 */
import { describe } from '../sdk/errors.ts';
import type { EgressDescription, EndpointDescription, IngressDescription } from './module-description.ts';
import { readEndpointV1, readEndpointV2 } from './module-yaml-endpoint.ts';
import type { YamlFields } from './module-yaml-fields.ts';
import type { YamlPlace } from './module-yaml-finding.ts';
import { readKafkaEgress, readKafkaIngress } from './module-yaml-kafka.ts';
import { readKinesisEgress, readKinesisIngress } from './module-yaml-kinesis.ts';
import type { AddressGuard } from './refused-addresses.ts';

/** What has been read of a file so far. */
export class ModuleDraft {
  readonly endpoints: EndpointDescription[] = [];
  readonly ingresses: IngressDescription[] = [];
  readonly egresses: EgressDescription[] = [];
  /** Where endpoints may be. */
  readonly guard: AddressGuard;
  readonly #places = new Map<string, YamlPlace>();

  constructor(guard: AddressGuard) {
    this.guard = guard;
  }

  addEndpoint(spec: YamlFields, endpoint: EndpointDescription): void {
    this.#refuseSecond(spec, 'functions', 'functions', endpoint.functions);
    this.endpoints.push(endpoint);
  }

  addIngress(spec: YamlFields, ingress: IngressDescription): void {
    this.#refuseSecond(spec, 'id', 'ingress', ingress.id);
    this.ingresses.push(ingress);
  }

  addEgress(spec: YamlFields, egress: EgressDescription): void {
    this.#refuseSecond(spec, 'id', 'egress', egress.id);
    this.egresses.push(egress);
  }

  /** A name is given once; the other place is told, since the two may be far apart. */
  #refuseSecond(spec: YamlFields, field: string, what: string, name: string): void {
    const key = `${what} ${name}`;
    const first = this.#places.get(key);
    if (first === undefined) this.#places.set(key, spec.placeOf(field));
    else if (name !== '') {
      const where = `document ${first.document}, line ${first.line}`;
      spec.refuse(field, `${what} ${describe(name)} is bound already, in ${where}; a name is allowed once`);
    }
  }
}

/** Reads one spec; `id` is undefined where the spec itself has it. */
type SpecReader = (draft: ModuleDraft, spec: YamlFields, id: string | undefined) => void;

const idOf = (spec: YamlFields, id: string | undefined): string => id ?? spec.requiredTypeName('id');

const KINDS: ReadonlyMap<string, SpecReader> = new Map<string, SpecReader>([
  ['io.statefun.endpoints.v2/http', (draft, spec) => draft.addEndpoint(spec, readEndpointV2(spec, draft.guard))],
  ['io.statefun.endpoints.v1/http', (draft, spec) => draft.addEndpoint(spec, readEndpointV1(spec, draft.guard))],
  ['io.statefun.kafka.v1/ingress', (draft, spec, id) => draft.addIngress(spec, readKafkaIngress(spec, idOf(spec, id)))],
  ['io.statefun.kafka.v1/egress', (draft, spec, id) => draft.addEgress(spec, readKafkaEgress(spec, idOf(spec, id)))],
  [
    'io.statefun.kinesis.v1/ingress',
    (draft, spec, id) => draft.addIngress(spec, readKinesisIngress(spec, idOf(spec, id))),
  ],
  [
    'io.statefun.kinesis.v1/egress',
    (draft, spec, id) => draft.addEgress(spec, readKinesisEgress(spec, idOf(spec, id))),
  ],
]);

/** Reads the spec of a kind that stands in the field `kindField` of `document`. */
export function readSpec(
  draft: ModuleDraft,
  { kind, document, kindField }: { kind: string; document: YamlFields; kindField: string },
  spec: YamlFields,
  id?: string,
): void {
  const reader = KINDS.get(kind);
  if (reader !== undefined) reader(draft, spec, id);
  else if (kind !== '') {
    document.refuse(kindField, `there is no kind ${describe(kind)}; there are ${[...KINDS.keys()].join(', ')}`);
  }
}
