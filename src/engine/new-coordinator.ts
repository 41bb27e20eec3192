/**
 * Makes an engine's coordinator of what the engine was given.
 */
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { Mesh } from '../channel/mesh.ts';
import type { Module } from '../sdk/module.ts';
import { Coordinator } from './coordinator.ts';
import type { CoordinatorHooks } from './coordinator-options.ts';
import type { DataDirectory } from './data-directory.ts';
import type { FilledOptions } from './options.ts';
import type { OutsideLatencies } from './outside-latencies.ts';
import { SpillDirectory } from './spill-directory.ts';

/** Egress records that wait for their consumer before input is held back. */
const EGRESS_COUNT_MAX = 16_384;

export interface CoordinatorGround {
  readonly options: FilledOptions;
  /** None for an engine in memory only. */
  readonly data: DataDirectory | undefined;
  readonly spillDirectory: string;
  readonly latencies: OutsideLatencies;
}

export function newCoordinator(
  module: Module,
  mesh: Mesh,
  { options, data, spillDirectory, latencies }: CoordinatorGround,
  hooks: CoordinatorHooks,
): Coordinator {
  const { maxMessageBytes, overflowBytes, development, causalIds } = options;
  const { minIntervalMs, maxIntervalMs, idempotencyKeyCount, diskSizes } = options;
  const inMemory = {
    storage: new SpillDirectory(join(spillDirectory, 'coordinator')),
    messageBytesMax: maxMessageBytes,
    overflowBytesMax: overflowBytes,
    egressCountMax: EGRESS_COUNT_MAX,
    causalIds,
    latencies,
    development,
  };
  if (data === undefined) return new Coordinator(module, mesh, inMemory, hooks);
  const intervals = { minIntervalMs, maxIntervalMs };
  const durable = { data, clock: systemClock, keyCountMax: idempotencyKeyCount, ...intervals, sizes: diskSizes };
  return new Coordinator(module, mesh, { ...inMemory, durable }, hooks);
}
