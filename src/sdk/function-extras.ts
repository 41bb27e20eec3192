/**
 * What functions of the engine's own making have besides: they are built on `defineFunction` and are ordinary functions to
 * everybody else. User code has no use for it.
 */
import type { Companion } from './companion.ts';

/** A bound that several functions share. The object itself says who belongs together. */
export interface SharedBound {
  /** Async invocations under way at a time, in each shard, of all these functions together. */
  readonly concurrency: number;
  /** What they wait for is not done by this thread, which may let such ends gather for some milliseconds. */
  readonly runsElsewhere?: boolean;
}

export interface FunctionExtras {
  /**
   * Its invocations may take further waiting messages (see `batch.ts`). Such a function counts as declared `async`:
   * whatever happens, it returns a promise.
   */
  readonly takesWaiting?: boolean;
  /** Whether its schema takes a message, without making anything of it: what a sender asks. False: ask the schema. */
  readonly accepts?: (message: unknown) => boolean;
  /** Lives beside each shard; one of several functions is started once. */
  readonly companion?: Companion | undefined;
  /** Counts for all types of a namespace together, and not against what all functions of a shard may have under way. */
  readonly sharedBound?: SharedBound | undefined;
}
