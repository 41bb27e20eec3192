/** The public surface of `millrace/endpoint`: our functions behind a StateFun cluster. */

export { type LambdaEvent, type LambdaResult, toFetch, toLambda } from './adapters.ts';
export type {
  AnyType,
  EndpointEvent,
  EndpointLimits,
  EndpointOptions,
  OutboundRule,
} from './endpoint-options.ts';
export type { EndpointResponse } from './endpoint.ts';
export { createStatefunHandler, type StatefunHandler } from './statefun-handler.ts';
