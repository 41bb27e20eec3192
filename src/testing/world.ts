/**
 * The world around a module under test: what its functions may be given instead of what cannot be simulated, such as a
 * call to another service. A module that wants it is made by a function of the world: `(world) => myModule({ lookup })`.
 */
import type { Module } from '../sdk/module.ts';
import type { Duration } from '../sdk/duration.ts';

export interface World {
  /** Virtual time, in milliseconds since 1970, as `ctx.now()`. */
  now(): number;
  /** A number from 0 to 1, 1 not included, from the seed. */
  random(): number;
  /** Resolves when so much virtual time has passed. */
  sleep(duration: Duration): Promise<void>;
  /** Resolves a little later, in `explore` after whatever the seed lets happen before: what a call to a service does. */
  pause(): Promise<void>;
}

/**
 * A module, or what makes one. In `explore` it is made anew for each life of the process, so that whatever it keeps in
 * variables is lost in a crash, as it would be.
 */
export type ModuleSource = Module | ((world: World) => Module);

export function moduleOf(source: ModuleSource, world: World): Module {
  return typeof source === 'function' ? source(world) : source;
}
