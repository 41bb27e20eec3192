/**
 * A module of ours from what a module.yaml says: remote functions over HTTP, ingresses with their routers, egresses. The
 * same description gives the same lists in the same order, since every thread makes its own.
 */
import type { AnyFunction } from '../sdk/function.ts';
import { MillraceError } from '../sdk/errors.ts';
import { checkObject } from '../sdk/known-fields.ts';
import { defineModule, type Module } from '../sdk/module.ts';
import { httpEndpoint } from './http-endpoint.ts';
import type { HttpEndpointOptions } from './endpoint-options.ts';
import type { EndpointDescription, ModuleDescription } from './module-description.ts';
import { pathOfLocation } from './module-yaml-transport.ts';
import { remoteFunction, type RemoteFunctionDefinition } from './remote-function.ts';
import type { Endpoint } from './transport.ts';
import { egressOf, type RecordSink } from './yaml-egress.ts';
import { ingressOf, type KeyedSource, routerOf } from './yaml-ingress.ts';

export interface YamlModuleOptions {
  /** By the id of an ingress, the source that stands in for its connector. */
  readonly sources?: Readonly<Record<string, KeyedSource>>;
  /** By the id of an egress, the sink that stands in for its connector. */
  readonly sinks?: Readonly<Record<string, RecordSink>>;
  /** Of all its functions. */
  readonly failure?: RemoteFunctionDefinition['failure'];
  /** Of all its endpoints: hosts and addresses that `httpEndpoint` would refuse. */
  readonly allow?: readonly string[];
}

export function moduleOf(description: ModuleDescription, options: YamlModuleOptions = {}): Module {
  const { sources = {}, sinks = {} } = options;
  checkIds('sources', sources, description.ingresses);
  checkIds('sinks', sinks, description.egresses);
  return defineModule({
    functions: functionsOf(description.endpoints, options),
    ingresses: description.ingresses.map((ingress) => ingressOf(ingress, ownOf(sources, ingress.id))),
    routers: description.ingresses.map((ingress) => routerOf(ingress)),
    egresses: description.egresses.map((egress) => egressOf(egress, ownOf(sinks, egress.id))),
  });
}

function ownOf<Thing>(things: Readonly<Record<string, Thing>>, id: string): Thing | undefined {
  return Object.hasOwn(things, id) ? things[id] : undefined;
}

function checkIds(name: string, byId: object, known: readonly { readonly id: string }[]): void {
  checkObject('INVALID_OPTION', `readModuleYaml: ${name}`, byId, 'what stands in by id');
  for (const id of Object.keys(byId)) {
    if (known.some((each) => each.id === id)) continue;
    const there = known.map((each) => `"${each.id}"`).join(', ') || 'none';
    refuseOption(name, `names "${id}", which the module does not have; it has ${there}`);
  }
}

export function refuseOption(option: string, why: string): never {
  throw new MillraceError('INVALID_OPTION', `readModuleYaml: ${option} ${why}.`, { details: { option } });
}

/** Functions with the same URL and transport share one endpoint: its connections, its bound, its breaker. */
function functionsOf(endpoints: readonly EndpointDescription[], options: YamlModuleOptions): AnyFunction[] {
  const shared = new Map<string, Endpoint>();
  return endpoints.map(({ functions: type, urlTemplate, batchCountMax = Number.MAX_SAFE_INTEGER, transport }) => {
    const key = JSON.stringify([urlTemplate, transport]);
    const endpoint = shared.get(key) ?? httpEndpoint(httpOptions(urlTemplate, transport, options));
    shared.set(key, endpoint);
    const { failure } = options;
    return remoteFunction({ type, endpoint, batchCountMax, ...(failure !== undefined && { failure }) });
  });
}

function httpOptions(
  url: string,
  transport: EndpointDescription['transport'],
  { allow = [] }: YamlModuleOptions,
): HttpEndpointOptions {
  const { profile, callMs: call, connectMs: connect } = transport;
  if (profile === 'okhttp') {
    const { readMs: read, writeMs: write } = transport;
    return { url, profile, allow, timeouts: { call, connect, read, write } };
  }
  return {
    url,
    profile,
    allow,
    timeouts: { call, connect },
    connectionCountMax: transport.poolSize,
    connectionAgeMax: transport.poolTtlMs,
    responseBytesMax: transport.payloadBytesMax,
    tls: {
      ...(transport.trustCaCerts !== undefined && { trustedCaFile: pathOfLocation(transport.trustCaCerts) }),
      ...(transport.clientCert !== undefined && { clientCertificateFile: pathOfLocation(transport.clientCert) }),
      ...(transport.clientKey !== undefined && { clientKeyFile: pathOfLocation(transport.clientKey) }),
      ...(transport.clientKeyPassword !== undefined && {
        clientKeyPasswordFile: pathOfLocation(transport.clientKeyPassword),
      }),
    },
  };
}
