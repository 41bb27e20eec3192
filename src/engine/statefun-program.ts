/**
 * Modules that are StateFun programs: files that make a `StateFun` object and bind functions to it, and know nothing of
 * modules. As they were written for a process of their own, many listen for HTTP when they are loaded; in an engine's
 * threads they must not, since all would listen on one port. So while a module is loaded, a server whose handler is that
 * of a program made meanwhile does not listen. All other servers do.
 */
import { Server } from 'node:net';
import { defineModule, type Module } from '../sdk/module.ts';
import { isProgram, type Program, watchPrograms, type WatchedPrograms } from '../statefun/made-programs.ts';
import type { StateFun } from '../statefun/statefun.ts';

type Exports = Readonly<Record<string, unknown>>;

export interface LoadedProgram {
  readonly exports: Exports;
  /** What was made while it was loaded, the first time that it was. */
  readonly made: readonly Program[];
}

/** A module is evaluated once in a thread, so what it has made is known of the first time only. */
const madeBy = new Map<string, readonly Program[]>();

const underWay = new Set<WatchedPrograms>();
const listen = Server.prototype.listen;

/** Imports a module, and notes the programs that it makes. Rejects as `import` does. */
export async function importProgram(url: string): Promise<LoadedProgram> {
  const watched = watchPrograms();
  underWay.add(watched);
  Server.prototype.listen = listenUnlessProgram as typeof listen;
  try {
    const exports = (await import(url)) as Exports;
    const made = madeBy.get(url) ?? watched.made;
    madeBy.set(url, made);
    return { exports, made };
  } finally {
    watched.stop();
    underWay.delete(watched);
    if (underWay.size === 0) Server.prototype.listen = listen;
  }
}

function listenUnlessProgram(this: Server, ...given: never[]): Server {
  const handlers = this.listeners('request');
  for (const { made } of underWay) {
    if (made.some((program) => handlers.some((handler) => program.hasHandler(handler)))) return this;
  }
  return Reflect.apply(listen, this, given) as Server;
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
