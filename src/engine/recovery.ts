/**
 * The way back to the last checkpoint after the shards have failed: end what is left of them, pause, start them anew, and
 * again if that fails, until they run or it has been tried often enough. Where the shards live, on threads or in a
 * simulation, is the business of whoever goes this way.
 */
import type { RecoveryAttempts } from './recovery-attempts.ts';

export interface RecoverySteps {
  /** A clock that only goes forward. */
  now(): number;
  /** A further attempt begins, because of this. */
  recovering(cause: unknown): void;
  endShards(): Promise<void>;
  pause(ms: number): Promise<void>;
  /** What the coordinator knows goes back to the last checkpoint. */
  rollBack(): Promise<void>;
  /** Resolves when the shards run from there. */
  restart(): Promise<void>;
  /** Nobody wants them back any more. */
  isEnded(): boolean;
}

/** Rejects with what cannot be mended. */
export async function goBack(attempts: RecoveryAttempts, firstCause: unknown, steps: RecoverySteps): Promise<void> {
  let cause = firstCause;
  while (true) {
    const pauseMs = attempts.next(steps.now());
    if (pauseMs === undefined || isFinal(cause)) throw cause;
    steps.recovering(cause);
    await steps.endShards();
    await steps.pause(pauseMs);
    if (steps.isEnded()) return;
    try {
      await steps.rollBack();
      // Whoever was ended meanwhile has no shards any more, and must not get new ones.
      if (steps.isEnded()) return;
      await steps.restart();
      return;
    } catch (error) {
      cause = error;
    }
  }
}

/** What trying again cannot mend. */
function isFinal(cause: unknown): boolean {
  const code = (cause as { code?: unknown } | null)?.code;
  return (
    code === 'DATA_DAMAGED' || code === 'DATA_TOO_NEW' || code === 'UNKNOWN_FUNCTION' || code === 'FUNCTION_FAILED'
  );
}
