/**
 * How long a shard's thread is busy with checkpoints instead of messages: it wraps what the durable side of this thread's
 * shard does in a turn, so that the engine need not time itself. For a benchmark's module, which runs in the shard.
 *
 * What counts is the cut, encoding and writing its slices, noting what is committed, folding, and beginning a segment,
 * with what garbage is collected meanwhile. Not what it causes elsewhere: garbage that is collected while messages are
 * handled, and memory that messages find no longer in the processor's cache.
 */
import { Durability } from '../../src/shard/durable/durability.ts';

/** Names of what is wrapped. */
const CALLS = ['cut', 'work', 'workAhead', 'closeChannels', 'committed'] as const;

/** Tells `spent` how long each call took, less the time for which the thread waited for a core. */
export function watchDurable(nowMs: () => number, waitedMs: () => number, spent: (ms: number) => void): void {
  // As functions of anything: each is called with what it was called with.
  const prototype = Durability.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of CALLS) {
    const call = prototype[name];
    prototype[name] = function (this: unknown, ...args: unknown[]): unknown {
      const waitedThenMs = waitedMs();
      const beganMs = nowMs();
      const result = call.apply(this, args);
      spent(nowMs() - beganMs - (waitedMs() - waitedThenMs));
      return result;
    };
  }
}
