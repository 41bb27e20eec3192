/**
 * Counts how often threads have died in an invocation, and of which message. The first death at an address makes it a
 * suspect: from then on the shards take the fingerprint of its messages before they begin them. The message that has
 * killed so often in a row is quarantined: no shard begins it any more.
 *
 * Whose code kills a thread between two of its turns nobody can see. So all that was under way then is suspect, and
 * tried in small groups (`shard/failing/trials.ts`). Each is counted whenever it was under way at a death, and is
 * quarantined when nothing else was, the last time.
 *
 * It keeps counting across the lives of the shards, not of the process, and forgets when they have run well for a while.
 */
import { WELL_MS } from './recovery-attempts.ts';
import type { Remains } from '../metrics/lookout.ts';
import type { Involved } from '../metrics/under-way.ts';
import type { Suspect } from '../shard/failing/suspects.ts';

export class FatalMessages {
  readonly #deathCountMax: number;
  readonly #wellMs: number;
  #suspects: Suspect[] = [];
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** Living for `wellMs` without a death makes up for all earlier ones. */
  constructor(deathCountMax: number, wellMs: number = WELL_MS) {
    this.#deathCountMax = deathCountMax;
    this.#wellMs = wellMs;
  }

  /** What the next shards must look out for. */
  get suspects(): readonly Suspect[] {
    return this.#suspects;
  }

  /** A thread has died and left this. Returns whether a message is quarantined from now on. */
  died({ sighting, involved }: Remains, nowMs: number): boolean {
    // An engine that had nothing under way has died of something else.
    if (sighting === undefined && involved.length === 0) return false;
    if (nowMs - this.#lastAtMs > this.#wellMs) this.#suspects = [];
    this.#lastAtMs = nowMs;
    if (sighting !== undefined) return this.#count(sighting, false, true);
    const isAlone = involved.length === 1;
    return involved.map((each) => this.#count(each, true, isAlone)).includes(true);
  }

  /** One death more. Returns whether it is quarantined. */
  #count({ functionIndex, hash, fingerprint }: Involved, isTried: boolean, isAlone: boolean): boolean {
    const before = this.#suspects.find(
      (suspect) =>
        suspect.functionIndex === functionIndex &&
        suspect.hash === hash &&
        !suspect.isQuarantined &&
        // What was not known before may have been the same, if it has died in the same way.
        (suspect.fingerprint === fingerprint || (suspect.fingerprint === 0 && suspect.isTried === isTried)),
    );
    const deathCount = (before?.deathCount ?? 0) + 1;
    const isQuarantined = isAlone && fingerprint !== 0 && deathCount >= this.#deathCountMax;
    this.#suspects = this.#suspects.filter((suspect) => suspect !== before);
    this.#suspects.push({ functionIndex, hash, fingerprint, deathCount, isTried, isQuarantined });
    return isQuarantined;
  }
}
