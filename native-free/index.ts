/**
 * Millrace without native code: the same names as the main entry, and not one addon loaded, here or in the workers
 * (`node --no-addons` proves it in the tests). It runs the same engine; only its store is another one, which keeps state
 * in files of its own.
 */

export type { BootstrapOptions } from '../src/engine/bootstrap.ts';
export type { BootstrapRecord } from '../src/engine/bootstrap-records.ts';
export type { DeadLetterList } from '../src/engine/dead-letter-pages.ts';
export type { DeadLetterOptions, DeadLetterOutcome, DeadLetters } from '../src/engine/dead-letters.ts';
export { bootstrap, savepointDigest } from '../src/engine/doors.ts';
export type { AskOptions, SendOptions, StopOptions } from '../src/engine/call-options.ts';
export { Engine } from '../src/engine/engine.ts';
export type {
  EgressMetrics,
  EngineLatency,
  EngineMetrics,
  LatencyOptions,
  LatencySummary,
} from '../src/engine/observation.ts';
export type { EndpointReport } from '../src/engine/endpoints.ts';
export type { EngineOptions } from '../src/engine/options.ts';
export type { ScrubOptions, ScrubResult } from '../src/engine/scrub.ts';
export type { SavepointInfo } from '../src/engine/savepoint-info.ts';
export type { Parked, UnparkOptions } from '../src/engine/parked.ts';
export type { Progress, ProgressListener } from '../src/engine/savepoint-progress.ts';
export type { EngineEvents } from '../src/engine/error-events.ts';
export type { CheckMigrationsOptions } from '../src/engine/check-migrations.ts';
export type {
  MessageCheck,
  MessageKind,
  MigrationFailure,
  MigrationReport,
  StateCheck,
} from '../src/engine/migration-report.ts';
export { checkMigrations, startEngine } from './start-engine.ts';
export { stopOnSignals } from '../src/engine/stop-on-signals.ts';
export type { EgressStream } from '../src/io/egress-stream.ts';
export { type NdjsonSinkOptions, ndjsonSink } from '../src/io/ndjson-sink.ts';
export { type NdjsonSourceOptions, ndjsonSource } from '../src/io/ndjson-source.ts';
export type { IdleMode } from '../src/ring/idle-strategy.ts';
export type { Address } from '../src/sdk/address.ts';
export type { Duration } from '../src/sdk/duration.ts';
export { type AsyncFailure, type AsyncResult, isAsyncResult } from '../src/sdk/async-result.ts';
export type {
  DeadLetter,
  DeadLetterError,
  DeadLetterFilter,
  ParkedAddressInfo,
  QuarantineEvent,
} from '../src/sdk/dead-letter.ts';
export { defineEgress, type Egress, type EgressSink, type EgressType, egressType } from '../src/sdk/egress.ts';
export { ERROR_CODES, type ErrorCode, MillraceError } from '../src/sdk/errors.ts';
export {
  type Context,
  defineFunction,
  type FunctionDefinition,
  type FunctionType,
  functionType,
  type StatefulFunction,
} from '../src/sdk/function.ts';
export type { Backoff, FailurePolicy } from '../src/sdk/failure-policy.ts';
export type { Immutable } from '../src/sdk/immutable.ts';
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
} from '../src/sdk/ingress.ts';
export { type List, list, type ListSpec } from '../src/sdk/list.ts';
export type { MessageOptions, OutsideMessageOptions } from '../src/sdk/message-options.ts';
export { defineModule, type Module, type ModuleDefinition, type QuarantineTarget } from '../src/sdk/module.ts';
export { type Table, table, type TableRange, type TableSpec } from '../src/sdk/table.ts';
export type { LatePolicy, MissedTimes, PendingTimer, Schedule, TimerOptions } from '../src/sdk/timer.ts';
export type { CarriedTrace, Trace, TraceContext } from '../src/sdk/trace.ts';
export type { SchemaInput, SchemaOutput, StandardSchema } from '../src/sdk/schema.ts';
export type { AnyStateSpec, StateOf, StateSpecs, ValueSpec } from '../src/sdk/state.ts';
export { value } from '../src/sdk/value.ts';
export type { ExpireOptions, Migration, ValueOptions } from '../src/sdk/value-rules.ts';
export type { FunctionCounts, ShardMetrics } from '../src/shard/requests/metrics-requests.ts';
