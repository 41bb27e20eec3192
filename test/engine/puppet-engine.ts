/**
 * Starts engines for tests, over the puppet module unless another is named, and sees to it that none outlives its test.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(2);
}

/** Whether a promise is pending, after all that is settled has been heard of. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(PENDING)])) === PENDING;
}
const PENDING = Symbol('pending');

export interface Gate {
  /** For orders to wait or to spin: a path where nothing is until it opens. */
  readonly gate: string;
  open(): void;
}

/** What a puppet waits for until the test has seen enough. A test that let it sleep would bet on who is faster. */
export function closedGate(): Gate {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-gate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const gate = join(folder, 'open');
  return { gate, open: () => writeFileSync(gate, '') };
}

/** Of one core; threads that never sleep take a whole one, or what others leave them of it. Measured were 0.4 %. */
export const IDLE_SHARE_MAX = 0.01;

/**
 * Resolves when this process has taken next to no time of any core for a second, with the share that it took. What else
 * happens in it, or to it on a crowded machine, only adds: the quietest second counts.
 */
export async function restingShare(): Promise<number> {
  let share = 1;
  while (share > IDLE_SHARE_MAX) {
    const [before, startedAt] = [process.cpuUsage(), performance.now()];
    await sleep(1_000);
    const { user, system } = process.cpuUsage(before);
    share = (user + system) / 1_000 / (performance.now() - startedAt);
  }
  return share;
}

/** Ids of puppets on different shards: of two shards, at least one of these is on each. */
export const IDS: readonly string[] = Array.from({ length: 16 }, (_, index) => `puppet-${index}`);
