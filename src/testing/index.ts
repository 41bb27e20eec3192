/** The public surface of `millrace/testing`: what helps to test what is built on Millrace, or for it. */

export { NodeFileSystem } from '../base/node-file-system.ts';
export type { FileSystem, OpenFile, OpenMode } from '../base/file-system.ts';
export type {
  OpenStore,
  StateStore,
  StoreBatch,
  StoreCapabilities,
  StoreEntry,
  StoreOptions,
} from '../store/state-store.ts';
export type { Duration } from '../sdk/duration.ts';
export { Cut, type MessageInFlight } from './cut.ts';
export type { DelayedMessage } from './delayed-messages.ts';
export { ExplorationFailure, explore } from './explore.ts';
export type { EntityState, StateAt, States, WithState } from './entity-states.ts';
export type { ExploreOptions, ExploreReport, Scenario, ScenarioClient } from './scenario.ts';
export type { StoreConformanceOptions } from './store-case.ts';
export { storeConformance } from './store-conformance.ts';
export { TestEngine, testEngine } from './test-engine.ts';
export type { TestAskOptions, TestEngineOptions, TestSendOptions } from './test-engine-options.ts';
export type { ModuleSource, World } from './world.ts';
