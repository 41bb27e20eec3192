/**
 * Modules that are StateFun programs: files that make a `StateFun` object and bind functions to it, and know nothing of
 * modules.
 */
import { defineModule, type Module } from '../sdk/module.ts';
import { isProgram, type Program, watchPrograms } from '../statefun/made-programs.ts';
import type { StateFun } from '../statefun/statefun.ts';
import { loadWithoutListening } from './no-listening.ts';

type Exports = Readonly<Record<string, unknown>>;

export interface LoadedProgram {
  readonly exports: Exports;
  /** What was made while it was loaded, the first time that it was. */
  readonly made: readonly Program[];
}

/** A module is evaluated once in a thread, so what it has made is known of the first time only. */
const madeBy = new Map<string, readonly Program[]>();

/** Imports a module, and notes the programs that it makes. Rejects as `import` does. */
export async function importProgram(url: string): Promise<LoadedProgram> {
  const watched = watchPrograms();
  try {
    const loading = { isProgram: () => watched.made.length > 0 };
    const exports = await loadWithoutListening(loading, async () => (await import(url)) as Exports);
    const made = madeBy.get(url) ?? watched.made;
    madeBy.set(url, made);
    return { exports, made };
  } finally {
    watched.stop();
  }
}

/**
 * The functions of the programs that a module exports, or else of those that it has made; undefined without any. What
 * runs programs is loaded only where there is one.
 */
export async function moduleOfPrograms({ exports, made }: LoadedProgram): Promise<Module | undefined> {
  const exported = [...new Set(Object.values(exports).filter(isProgram))];
  const programs = exported.length > 0 ? exported : made;
  if (programs.length === 0) return undefined;
  const { statefunModule } = await import('../remote/embedded.ts');
  return defineModule({ modules: programs.map((program) => statefunModule(program as StateFun)) });
}
