/**
 * The cyclic storm on real threads, and what it took: how much was spilled to disk and how much memory the process
 * needed meanwhile.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../src/index.ts';
import { ENTITY_COUNT, storm, stormMessage, stormTarget } from './storm-functions.ts';

export interface StormOptions {
  readonly generations: number;
  readonly shardCount: number;
  readonly ringCapacityBytes: number;
  readonly overflowBytes: number;
}

export interface StormReport {
  readonly messageCount: number;
  readonly damagedCount: number;
  /** The most files that were seen at once in the spill directory. */
  readonly spillFileCount: number;
  /** Growth of the process's memory, all threads included. */
  readonly memoryGrowthMiB: number;
  readonly seconds: number;
  /** Whether anything was left on disk after the engine had stopped. */
  readonly leftovers: readonly string[];
}

const LOOK_INTERVAL_MS = 5;

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const { generations, ...engineOptions } = options;
  const spillDirectory = mkdtempSync(join(tmpdir(), 'millrace-storm-'));
  const remove = (): void => rmSync(spillDirectory, { recursive: true, force: true });
  // However this ends: a storm that is interrupted has filled it by then.
  process.once('exit', remove);
  const module = new URL('./storm-functions.ts', import.meta.url);
  const engine = await startEngine({ ...engineOptions, module, spillDirectory });
  // Whatever the engine needs when idle is not the storm's doing.
  await engine.ask(storm, stormTarget(0), 'counts');
  const memoryBefore = process.memoryUsage.rss();
  const startedAt = performance.now();
  let spillFileCount = 0;
  let memoryMost = memoryBefore;
  const look = setInterval(() => {
    spillFileCount = Math.max(spillFileCount, filesIn(spillDirectory).length);
    memoryMost = Math.max(memoryMost, process.memoryUsage.rss());
  }, LOOK_INTERVAL_MS);
  await engine.send(storm, stormTarget(1), stormMessage(generations, 1));
  await engine.drained();
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(look);
  const ids = Array.from({ length: ENTITY_COUNT }, (_, index) => `storm-${index}`);
  const counts = await Promise.all(ids.map((id) => engine.ask(storm, id, 'counts')));
  await engine.stop();
  const leftovers = filesIn(spillDirectory);
  process.off('exit', remove);
  remove();
  return {
    messageCount: counts.reduce((sum, { count }) => sum + count, 0),
    damagedCount: counts.reduce((sum, { damagedCount }) => sum + damagedCount, 0),
    spillFileCount,
    memoryGrowthMiB: Math.round((memoryMost - memoryBefore) / 1024 / 1024),
    seconds,
    leftovers,
  };
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.spill'));
  } catch {
    // A folder may go while it is being read.
    return [];
  }
}
