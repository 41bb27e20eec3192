/**
 * Time as an argument. Nothing in the engine asks the machine for the time but through a Clock, so that a simulated
 * one can stand in its place and a whole run can be repeated from a seed.
 */

export interface Clock {
  /** Wall-clock milliseconds since 1970, as `ctx.now()` gives them. May jump. */
  now(): number;
  /** Milliseconds since some moment; never jumps. For intervals. */
  elapsedMs(): number;
  /** Milliseconds since 1970 with fractions, the same on all threads of a process: to measure from one to the other. */
  stampMs(): number;
}

/** Asked for once a thread: it is the same each time, and asking takes a third of what the time does. */
const ORIGIN_MS = performance.timeOrigin;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsedMs: () => performance.now(),
  stampMs: () => ORIGIN_MS + performance.now(),
};
