/**
 * Which StateFun programs a thread has made. Apart from the programs themselves, since every thread of an engine watches
 * for them while it loads a module, and most modules make none.
 */

/** A `StateFun`, of this copy of the package or of another one. */
export interface Program {
  bind(opts: never): void;
  readonly typenames: readonly string[];
}

export interface WatchedPrograms {
  /** Those that were made so far. */
  readonly made: readonly Program[];
  stop(): void;
}

/**
 * Those who want to know which programs are made. Of the thread and not of this file, which may be there twice: a program
 * may have a copy of the package of its own.
 */
const WATCHERS: unique symbol = Symbol.for('millrace.statefun.watchers') as never;
const watchers = ((globalThis as { [WATCHERS]?: Set<Program[]> })[WATCHERS] ??= new Set());

/** Notes the programs that are made in this thread from now on. */
export function watchPrograms(): WatchedPrograms {
  const made: Program[] = [];
  watchers.add(made);
  return { made, stop: () => void watchers.delete(made) };
}

/** One has been made. */
export function showMade(program: Program): void {
  for (const made of watchers) made.push(program);
}

/** Also if it was made by another copy of this file. */
export function isProgram(value: unknown): value is Program {
  const { bind, typenames } = Object(value) as Partial<Program>;
  return typeof bind === 'function' && Array.isArray(typenames);
}
