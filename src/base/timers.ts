/**
 * Later, as an argument, as time is one (see `clock.ts`): what waits for a moment gets its timers from outside, so that a
 * test turns them by hand. Not for shards: time enters those through their duty cycle only.
 */

export interface Timers<Timer = unknown> {
  /** Calls back once when so many milliseconds have passed. */
  set(callback: () => void, ms: number): Timer;
  /** Does nothing to one that has called back. */
  clear(timer: Timer): void;
}

/** What Node can count to; longer waits end then, and whoever waits looks at the clock. */
export const TIMEOUT_MS_MAX: number = 2 ** 31 - 1;

export const systemTimers: Timers<NodeJS.Timeout> = {
  set: (callback, ms) => setTimeout(callback, Math.min(Math.max(ms, 0), TIMEOUT_MS_MAX)),
  clear: (timer) => clearTimeout(timer),
};

/** A thread's own event loop: its timers, and what comes after those that are due together. */
export interface EventLoop<Timer = unknown> extends Timers<Timer> {
  /** Calls back once in this round of the loop, after its timers. */
  soon(callback: () => void): void;
}

/** No timer of it keeps a process alive. */
export const systemLoop: EventLoop<NodeJS.Timeout> = {
  set: (callback, ms) => systemTimers.set(callback, ms).unref(),
  clear: (timer) => clearTimeout(timer),
  soon: (callback) => void setImmediate(callback),
};
