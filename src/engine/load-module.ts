/**
 * Loads the user's module in this thread. Functions cannot cross a thread, URLs can: so every thread does this once.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import type { Module } from '../sdk/module.ts';

function isModule(value: unknown): value is Module {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'module';
}

/** Throws `MODULE_NOT_LOADED` with its cause, or `MODULE_NOT_EXPORTED`. */
export async function loadModule(url: string): Promise<Module> {
  let exports: Record<string, unknown>;
  try {
    exports = (await import(url)) as Record<string, unknown>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : describe(cause);
    throw new MillraceError('MODULE_NOT_LOADED', `The module ${url} does not load: ${reason}`, { cause });
  }
  for (const name of ['default', 'module']) if (isModule(exports[name])) return exports[name];
  const found = Object.keys(exports).join(', ') || 'nothing';
  const what = `The module ${url} exports ${found}, but no defineModule(…) as its default or as "module".`;
  throw new MillraceError('MODULE_NOT_EXPORTED', what);
}
