/**
 * The machine that a result belongs to, and what about it makes the result doubtful. A figure without its machine says
 * nothing; only ratios of one run carry over to another.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { Options } from './options.ts';
import { isScratchInMemory } from './scratch.ts';

const GiB = 2 ** 30;
/** More than this share of one core used by others shows in every figure. */
const LOAD_MAX = 0.5;

export function describeMachine(): string {
  const { arch, platform, version, versions } = process;
  const memory = `${(totalmem() / GiB).toFixed(1)} GiB`;
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return [
    `${model}, ${availableParallelism()} cores, ${memory}`,
    `${platform} ${arch}, Node ${version}, V8 ${versions.v8}`,
  ].join('; ');
}

/** What to know before believing the results of this run; mostly nothing. */
export function machineWarnings(options: Options): string[] {
  const cores = availableParallelism();
  const threads = Math.max(options.shards, 2);
  const warnings: string[] = [];
  if (cores < threads) {
    warnings.push(`${threads} busy threads share ${cores} core(s): they wait for each other, and figures fall short.`);
  }
  const load = loadavg()[0] ?? 0;
  if (load > LOAD_MAX) {
    warnings.push(`the machine is busy with something else (load ${load.toFixed(1)}): believe ratios at most.`);
  }
  if (isScratchInMemory()) {
    warnings.push('the temporary folder lies in memory, where nothing is durable: what waits for a disk is too fast.');
  }
  if (options.size === 'smoke') warnings.push('smoke size: it shows that everything works, not how fast it is.');
  return warnings;
}
