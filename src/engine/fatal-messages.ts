/**
 * Counts how often threads have died in an invocation, and of which message. The first death at an address makes it a
 * suspect: from then on the shards take the fingerprint of its messages before they begin them. The message that has
 * killed so many times in a row is quarantined: no shard begins it any more. It keeps counting across the lives of the
 * shards, and forgets when they have run well for a while.
 */
import type { Sighting } from '../metrics/lookout.ts';
import type { Suspect } from '../shard/failing/suspects.ts';

/** Living so long without a death makes up for all earlier ones. */
const WELL_MS = 60_000;

export class FatalMessages {
  readonly #deathCountMax: number;
  #suspects: Suspect[] = [];
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(deathCountMax: number) {
    this.#deathCountMax = deathCountMax;
  }

  /** What the next shards must look out for. */
  get suspects(): readonly Suspect[] {
    return this.#suspects;
  }

  /** A thread has died in an invocation. Returns whether its message is quarantined from now on. */
  died({ functionIndex, hash, fingerprint }: Sighting, nowMs: number): boolean {
    if (nowMs - this.#lastAtMs > WELL_MS) this.#suspects = [];
    this.#lastAtMs = nowMs;
    const before = this.#suspects.find(
      (suspect) =>
        suspect.functionIndex === functionIndex &&
        suspect.hash === hash &&
        !suspect.isQuarantined &&
        // What was not known before may have been the same.
        (suspect.fingerprint === fingerprint || suspect.fingerprint === 0),
    );
    const deathCount = (before?.deathCount ?? 0) + 1;
    const isQuarantined = fingerprint !== 0 && deathCount >= this.#deathCountMax;
    this.#suspects = this.#suspects.filter((suspect) => suspect !== before);
    this.#suspects.push({ functionIndex, hash, fingerprint, deathCount, isQuarantined });
    return isQuarantined;
  }
}
