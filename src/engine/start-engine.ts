/**
 * How an engine comes to life: options, module, threads.
 */
import { mergeEdges } from './edges.ts';
import { Engine } from './engine.ts';
import { loadModule } from './load-module.ts';
import { type EngineOptions, fillOptions } from './options.ts';
import { Runtime } from './runtime.ts';

/**
 * Starts an engine: loads the module in every thread and resolves when all of them take messages.
 *
 * @throws MillraceError `INVALID_OPTION`, `MODULE_NOT_LOADED`, `MODULE_NOT_EXPORTED`, `DUPLICATE_TYPE`,
 *   `UNKNOWN_INGRESS`, `UNKNOWN_EGRESS` or `SHARD_FAILED`
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const filled = fillOptions(options);
  const module = mergeEdges(await loadModule(filled.module), filled);
  const runtime = new Runtime(module, filled);
  try {
    await runtime.started();
  } catch (error) {
    await runtime.stop(true).catch(() => {});
    throw error;
  }
  return new Engine(runtime);
}
