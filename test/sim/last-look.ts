/**
 * The look at the disk when all is over and much time has passed: nothing that expires may be left there for long. A
 * workload owns one and asks it for steps when its clients are done. Reading a cut takes as long as hundreds of steps of
 * a run, so after a look that came too early it waits, longer each time.
 */
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import type { Outside } from '../../src/testing/workload.ts';

/** More than anything lives. */
const LONG_MS = 10_000;
const PAUSE_STEPS_MIN = 2;
const PAUSE_STEPS_MAX = 64;

export class LastLook {
  /** Nothing is left, as of the last look. */
  isClean = false;
  readonly #outside: Outside;
  readonly #isEmpty: (cut: CommittedCut) => boolean;
  /** Changes when a look that is under way no longer counts. */
  #turn = 0;
  #isLooking = false;
  #pauseSteps = PAUSE_STEPS_MIN;
  #stepsToWait = 0;

  /** `isEmpty` says whether nothing is left in a cut, and nothing in flight that could still write something. */
  constructor(outside: Outside, isEmpty: (cut: CommittedCut) => boolean) {
    this.#outside = outside;
    this.#isEmpty = isEmpty;
  }

  /** What was seen may have been taken back. */
  forget(): void {
    this.#turn++;
    this.#isLooking = false;
    this.isClean = false;
  }

  step(process: DurableProcess): boolean {
    if (this.#isLooking || this.isClean || this.#stepsToWait-- > 0) return false;
    this.#outside.clock.advance(LONG_MS);
    this.#isLooking = true;
    const turn = this.#turn;
    this.#look(process, turn).catch(() => {
      if (turn === this.#turn) this.#isLooking = false;
    });
    return true;
  }

  async #look(process: DurableProcess, turn: number): Promise<void> {
    await process.clients?.checkpoint();
    const isClean = this.#isEmpty(await this.#outside.readCut());
    if (turn !== this.#turn) return;
    this.#isLooking = false;
    this.isClean = isClean;
    this.#stepsToWait = this.#pauseSteps;
    this.#pauseSteps = Math.min(PAUSE_STEPS_MAX, this.#pauseSteps * 2);
  }
}
