/**
 * Starts engines for tests, over the puppet module unless another is named, and sees to it that none outlives its test.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type Engine, type EngineOptions, type MillraceError, startEngine } from '../../src/index.ts';

export const PUPPET_MODULE = new URL('./puppet.ts', import.meta.url);

export interface WatchedEngine {
  readonly engine: Engine;
  /** Everything that was reported to `engine.on('error')`. */
  readonly errors: MillraceError[];
}

export async function openEngine(options: Partial<EngineOptions> = {}): Promise<WatchedEngine> {
  const engine = await startEngine({ module: PUPPET_MODULE, shardCount: 2, ...options });
  onTestFinished(async () => {
    await engine.stop({ force: true }).catch(() => {});
  });
  const errors: MillraceError[] = [];
  engine.on('error', (error) => void errors.push(error));
  return { engine, errors };
}

/** Waits until something is so; fails by the test's own timeout. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

/** Ids of puppets on different shards: of two shards, at least one of these is on each. */
export const IDS: readonly string[] = Array.from({ length: 16 }, (_, index) => `puppet-${index}`);
