/**
 * Loads the user's module in this thread. Functions cannot cross a thread, URLs can: so every thread does this once.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import type { Module } from '../sdk/module.ts';
import { importProgram, type LoadedProgram, moduleOfPrograms } from './statefun-program.ts';
import { isYamlModule, loadYamlModule } from './yaml-module-url.ts';

function isModule(value: unknown): value is Module {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'module';
}

/**
 * A module, or a StateFun program as the module of its functions. Throws `MODULE_NOT_LOADED` with its cause,
 * `MODULE_NOT_EXPORTED`, or what is wrong with the functions of a program; of a YAML file `MODULE_YAML_INVALID`.
 */
export async function loadModule(url: string): Promise<Module> {
  if (isYamlModule(url)) return loadYamlModule(url);
  let loaded: LoadedProgram;
  try {
    loaded = await importProgram(url);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : describe(cause);
    throw new MillraceError('MODULE_NOT_LOADED', `The module ${url} does not load: ${reason}`, { cause });
  }
  const { exports } = loaded;
  for (const name of ['default', 'module']) if (isModule(exports[name])) return exports[name];
  return (await moduleOfPrograms(loaded)) ?? refuse(url, exports);
}

function refuse(url: string, exports: Readonly<Record<string, unknown>>): never {
  const found = Object.keys(exports).join(', ') || 'nothing';
  const what = `The module ${url} exports ${found}, but no defineModule(…) as its default or as "module".`;
  throw new MillraceError('MODULE_NOT_EXPORTED', what);
}
