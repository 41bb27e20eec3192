/**
 * Chance as an argument, as time is one (see `clock.ts`): a simulated run draws from its seed, so that it can be had
 * again. Everything else draws from here.
 */

/** A number from 0 to 1, 1 not included, as `Math.random` gives it. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
