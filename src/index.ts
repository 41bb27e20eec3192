/**
 * The public surface of Millrace: everything a program may import, listed name by name. What is not here is internal
 * and may change at any time.
 */

export type { BootstrapOptions } from './engine/bootstrap.ts';
export type { BootstrapRecord } from './engine/bootstrap-records.ts';
export type { DeadLetterList } from './engine/dead-letter-pages.ts';
export type { DeadLetterOptions, DeadLetterOutcome, DeadLetters } from './engine/dead-letters.ts';
export { bootstrap, savepointDigest } from './engine/doors.ts';
export type { AskOptions, SendOptions, StopOptions } from './engine/call-options.ts';
export { Engine } from './engine/engine.ts';
export type {
  EgressMetrics,
  EngineLatency,
  EngineMetrics,
  LatencyOptions,
  LatencySummary,
} from './engine/observation.ts';
export type { EndpointReport } from './engine/endpoints.ts';
export type { EngineOptions } from './engine/options.ts';
export type { ScrubOptions, ScrubResult } from './engine/scrub.ts';
export type { SavepointInfo } from './engine/savepoint-info.ts';
export type { Parked, UnparkOptions } from './engine/parked.ts';
export type { Progress, ProgressListener } from './engine/savepoint-progress.ts';
export type { EngineEvents } from './engine/error-events.ts';
export type { CheckMigrationsOptions } from './engine/check-migrations.ts';
export type {
  MessageCheck,
  MessageKind,
  MigrationFailure,
  MigrationReport,
  StateCheck,
} from './engine/migration-report.ts';
export { checkMigrations, startEngine } from './engine/start-level.ts';
export { stopOnSignals } from './engine/stop-on-signals.ts';
export type { EgressStream } from './io/egress-stream.ts';
export { type NdjsonSinkOptions, ndjsonSink } from './io/ndjson-sink.ts';
export { type NdjsonSourceOptions, ndjsonSource } from './io/ndjson-source.ts';
export type { IdleMode } from './ring/idle-strategy.ts';
export type { Address } from './sdk/address.ts';
export type { Duration } from './sdk/duration.ts';
export { type AsyncFailure, type AsyncResult, isAsyncResult } from './sdk/async-result.ts';
export type {
  DeadLetter,
  DeadLetterError,
  DeadLetterFilter,
  ParkedAddressInfo,
  QuarantineEvent,
} from './sdk/dead-letter.ts';
export { defineEgress, type Egress, type EgressSink, type EgressType, egressType } from './sdk/egress.ts';
export { ERROR_CODES, type ErrorCode, MillraceError } from './sdk/errors.ts';
export {
  type Context,
  defineFunction,
  type FunctionDefinition,
  type FunctionType,
  functionType,
  type StatefulFunction,
} from './sdk/function.ts';
export type { Backoff, FailurePolicy } from './sdk/failure-policy.ts';
export type { Immutable } from './sdk/immutable.ts';
export {
  defineIngress,
  defineRouter,
  type Ingress,
  type IngressSource,
  type IngressType,
  ingressType,
  type Router,
  type RouterSend,
  type SourceBatch,
  type SourceHooks,
} from './sdk/ingress.ts';
export { type List, list, type ListSpec } from './sdk/list.ts';
export type { MessageOptions, OutsideMessageOptions } from './sdk/message-options.ts';
export { defineModule, type Module, type ModuleDefinition, type QuarantineTarget } from './sdk/module.ts';
export { type Table, table, type TableRange, type TableSpec } from './sdk/table.ts';
export type { LatePolicy, MissedTimes, PendingTimer, Schedule, TimerOptions } from './sdk/timer.ts';
export type { CarriedTrace, Trace, TraceContext } from './sdk/trace.ts';
export type { SchemaInput, SchemaOutput, StandardSchema } from './sdk/schema.ts';
export type { AnyStateSpec, StateOf, StateSpecs, ValueSpec } from './sdk/state.ts';
export { value } from './sdk/value.ts';
export type { ExpireOptions, Migration, ValueOptions } from './sdk/value-rules.ts';
export type { FunctionCounts, ShardMetrics } from './shard/requests/metrics-requests.ts';
