/**
 * `millrace/remote`: functions that run elsewhere and are called by StateFun's request-reply protocol.
 */
export { httpEndpoint } from './http-endpoint.ts';
export type {
  EndpointBreaker,
  EndpointTimeouts,
  EndpointTls,
  HttpEndpointOptions,
  TransportProfile,
} from './endpoint-options.ts';
export type { EndpointStatus } from './endpoint-status.ts';
export type { BreakerState } from './circuit-breaker.ts';
export { type EmbeddedOptions, statefunModule } from './embedded.ts';
export type { ProcessEndpointOptions, ProcessLine } from './process-options.ts';
export { processEndpoint } from './process-endpoint.ts';
export type { ProcessState, ProcessStatus } from './process-life.ts';
export { readModuleYaml, type ReadModuleYamlOptions } from './read-module-yaml.ts';
export type { KafkaIngressRecord, KinesisIngressRecord } from './record-routing.ts';
export type { YamlFinding } from './module-yaml-finding.ts';
export { type RemoteFunction, type RemoteFunctionDefinition, remoteFunction } from './remote-function.ts';
export type { RemoteMessage } from './remote-messages.ts';
export type { RemoteState } from './remote-values.ts';
export type { Endpoint, Transport } from './transport.ts';
export type { Companion, CompanionPlace } from '../sdk/companion.ts';
export type {
  BatchEffects,
  BatchRequest,
  BatchResponse,
  DelayedCommand,
  EgressRecord,
  ExpireMode,
  KnownState,
  MissingState,
  MissingStates,
  RemoteInvocation,
  SentMessage,
  StateMutation,
} from '../statefun/protocol.ts';
export type { TypedValue } from '../statefun/typed-value.ts';
