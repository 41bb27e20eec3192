/**
 * Finds out which message kills its thread between two turns, where nobody can see whose code runs. All that was under
 * way then is suspect. In the next life of its shard async work begins a little at a time, that of no suspect included:
 * whoever is under way at the next death is fewer, and in the end one. That is over when all suspects have had their
 * turn, or it has gone on for so long that others should not wait any more.
 *
 * What must wait does so first in the line of its address (I4), where a checkpoint finds it.
 */
import type { Clock } from '../../base/clock.ts';
import type { UnderWay } from '../../metrics/under-way.ts';
import type { Entity } from '../../state/entity.ts';

/** A message that is sent again may take a while to come. */
const TRIAL_MS_MIN = 5_000;
const TRIAL_MS_MAX = 30_000;
/** Up to so many suspects are tried one by one; of more, so many groups. */
const GROUP_COUNT = 16;
/** How many go on in one turn when it is over (I10). */
const GO_ON_COUNT = 64;
const NOBODY: readonly Entity[] = [];

type Place = Pick<Entity, 'functionIndex' | 'hash'>;

export class Trials {
  #isOn: boolean;
  readonly #underWay: UnderWay;
  readonly #clock: Clock;
  readonly #beganAtMs: number;
  /** How much may be under way. */
  readonly #countMax: number;
  /** Suspects that are still to have their turn. */
  readonly #untried: Set<string>;
  /** Busy entities that wait for theirs, in order. */
  readonly #waiting: Entity[] = [];
  /** Those of them that may begin. */
  readonly #called = new Set<Entity>();

  /** `suspects` are those of this shard. */
  constructor(suspects: readonly Place[], underWay: UnderWay, clock: Clock) {
    this.#underWay = underWay;
    this.#clock = clock;
    this.#untried = new Set(suspects.map(keyOf));
    this.#countMax = Math.ceil(this.#untried.size / GROUP_COUNT);
    this.#isOn = this.#untried.size > 0;
    this.#beganAtMs = this.#isOn ? clock.elapsedMs() : 0;
  }

  /** Whether it must not begin yet; its entity is called up later. It is async, as far as that is known. */
  mustWait(entity: Entity, isAsync: boolean): boolean {
    if (!this.#isOn || this.#called.delete(entity)) return false;
    if (!isAsync && !this.#untried.has(keyOf(entity))) return false;
    if (this.#waiting.length === 0 && this.#underWay.count < this.#countMax) {
      // Where it ends at once it is over before the next one begins; what it leaves under way is noted.
      if (!isAsync) this.tried(entity);
      return false;
    }
    this.#waiting.push(entity);
    return true;
  }

  /** Nothing that the last message of a suspect has begun goes on, and none waits. */
  tried(entity: Place): void {
    if (this.#isOn) this.#untried.delete(keyOf(entity));
  }

  get hasReady(): boolean {
    return this.#waiting.length > 0 && this.#room > 0;
  }

  /** How long until all may go on, if somebody waits. */
  get restMs(): number {
    if (this.#waiting.length === 0) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#beganAtMs + TRIAL_MS_MAX - this.#clock.elapsedMs());
  }

  /** Entities that may begin now. */
  takeReady(): readonly Entity[] {
    if (!this.#isOn && this.#waiting.length === 0) return NOBODY;
    this.#look();
    const ready = this.#room > 0 ? this.#waiting.splice(0, this.#room) : NOBODY;
    for (const entity of ready) this.#called.add(entity);
    return ready;
  }

  get #room(): number {
    return this.#isOn ? this.#countMax - this.#underWay.count : GO_ON_COUNT;
  }

  #look(): void {
    if (!this.#isOn) return;
    const forMs = this.#clock.elapsedMs() - this.#beganAtMs;
    const isOver = this.#untried.size === 0 && forMs >= TRIAL_MS_MIN;
    if (!isOver && forMs < TRIAL_MS_MAX) return;
    this.#isOn = false;
    this.#called.clear();
  }
}

function keyOf({ functionIndex, hash }: Place): string {
  return `${functionIndex} ${hash}`;
}
