/**
 * The endpoints of a module.yaml: which functions are behind which URL. What StateFun's two versions of them have in
 * common, and in what they differ, which is the transport.
 */
import { isTypeName } from '../sdk/address.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { complaintOfReach } from './endpoint-options.ts';
import { EndpointUrl } from './endpoint-url.ts';
import type { EndpointDescription, TransportDescription } from './module-description.ts';
import type { YamlFields } from './module-yaml-fields.ts';
import { readOkHttpTimeouts, readTransport } from './module-yaml-transport.ts';
import type { AddressGuard } from './refused-addresses.ts';

const SCHEMES: readonly string[] = ['http:', 'https:', 'http+unix:', 'https+unix:'];
const BATCH_COUNT_MAX = 1_000;

/** `io.statefun.endpoints.v2/http`. */
export function readEndpointV2(spec: YamlFields, guard: AddressGuard): EndpointDescription {
  return readEndpoint(spec, guard, () => readTransport(spec.fields('transport')));
}

/** `io.statefun.endpoints.v1/http`: always over okhttp. */
export function readEndpointV1(spec: YamlFields, guard: AddressGuard): EndpointDescription {
  return readEndpoint(spec, guard, () => readOkHttpTimeouts(spec.fields('timeouts')));
}

function readEndpoint(
  spec: YamlFields,
  guard: AddressGuard,
  transportOf: () => TransportDescription,
): EndpointDescription {
  const functions = readFunctions(spec);
  const urlTemplate = spec.requiredText('urlPathTemplate');
  const complaint =
    urlTemplate === '' ? undefined : (complaintOfUrl(urlTemplate) ?? complaintOfPlace(urlTemplate, guard));
  if (complaint !== undefined) spec.refuse('urlPathTemplate', complaint);
  const countMax = spec.integer('maxNumBatchRequests', BATCH_COUNT_MAX);
  const endpoint = {
    functions,
    urlTemplate,
    batchCountMax: countMax <= 0 ? undefined : countMax,
    transport: transportOf(),
  };
  spec.finish();
  return endpoint;
}

/** A name, or a namespace; a star stands nowhere else. */
export function readFunctions(spec: YamlFields): string {
  const functions = spec.requiredText('functions');
  if (functions === '') return functions;
  const [namespace = '', name = ''] = functions.split('/');
  const isPlain = !namespace.includes('*') && (name === '*' || !name.includes('*'));
  if (!isTypeName(functions) || !isPlain) {
    spec.refuse('functions', `it must be namespace/name or namespace/*, not ${describe(functions)}`);
  }
  return functions;
}

function complaintOfUrl(template: string): string | undefined {
  const text = template.replaceAll('{function.name}', 'name');
  // Nothing that was written may be repeated where it could hold a password.
  if (!URL.canParse(text)) return 'it is no URL';
  const { protocol, hostname, pathname } = new URL(text);
  if (!SCHEMES.includes(protocol)) return `its scheme is ${protocol} but may be ${SCHEMES.join(' ')}`;
  const isUnix = protocol.endsWith('+unix:');
  if (!isUnix && hostname === '') return 'it names no host';
  if (isUnix && !pathname.split('/').some((part) => part.endsWith('.sock'))) return 'no part of its path ends in .sock';
  return undefined;
}

/** What `httpEndpoint` would have against it. */
function complaintOfPlace(template: string, guard: AddressGuard): string | undefined {
  try {
    return complaintOfReach(new EndpointUrl(template, true), guard);
  } catch (error) {
    if (error instanceof MillraceError && typeof error.details['reason'] === 'string') return error.details['reason'];
    throw error;
  }
}
