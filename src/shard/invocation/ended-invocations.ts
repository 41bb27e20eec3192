/**
 * Async invocations from their first await until a turn of the shard carries out what follows from their end. A promise
 * settles at any time; nothing in the shard changes then. One that does not settle in time is reported, and in the end
 * counts as failed: whatever its code does after that has no effect.
 */
import { MillraceError } from '../../sdk/errors.ts';
import { KIND_FAILURE, TYPE_NONE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import { Deadlines, type Watched } from '../time/deadlines.ts';
import { failureOf } from '../failing/failure.ts';
import type { Invocation } from './invocation.ts';
import type { Workplace } from '../workplace.ts';

/** What an invocation was given, how that would be encoded, and what it threw. */
export interface GivenMessage {
  readonly message: unknown;
  readonly form: number;
  readonly error: unknown;
}

export interface EndedInvocation extends GivenMessage {
  readonly invocation: Invocation;
  readonly failed: boolean;
}

/** One under way. */
interface Begun extends Watched {
  readonly invocation: Invocation;
  readonly message: unknown;
  readonly form: number;
  readonly type: string;
  readonly id: string;
  hasEnded: boolean;
}

const NONE: readonly EndedInvocation[] = [];
const NO_DEADLINE = Number.POSITIVE_INFINITY;

export class EndedInvocations {
  /** Called when one has ended and a turn is due. */
  onEnded: () => void = () => {};
  readonly #place: Workplace;
  readonly #deadlines: Deadlines<Begun>;
  #ended: EndedInvocation[] = [];
  #beganAtMs = 0;

  constructor(place: Workplace) {
    this.#place = place;
    this.#deadlines = new Deadlines(place.clock);
  }

  get hasWork(): boolean {
    return this.#ended.length > 0 || this.#deadlines.dueInMs === 0;
  }

  /** How long until an invocation may be late. */
  get dueInMs(): number {
    return this.#deadlines.dueInMs;
  }

  watch(result: Promise<void>, invocation: Invocation, message: unknown, form: number): void {
    const { deadlineMs = NO_DEADLINE, self } = invocation;
    const begun: Begun = { invocation, message, form, deadlineMs, isLate: false, dueMs: 0, hasEnded: false, ...self };
    if (deadlineMs < NO_DEADLINE) this.#deadlines.add(begun);
    const end = (failed: boolean, error: unknown): void => {
      if (begun.hasEnded) return;
      if (deadlineMs < NO_DEADLINE) this.#deadlines.remove(begun);
      this.#end(begun, failed, error);
      this.onEnded();
    };
    result.then(
      () => end(false, undefined),
      (error: unknown) => end(true, error),
    );
  }

  #end(begun: Begun, failed: boolean, error: unknown): void {
    const { invocation, message, form } = begun;
    begun.hasEnded = true;
    this.#ended.push({ invocation, message, form, failed, error });
  }

  /** All that have ended since. */
  take(): readonly EndedInvocation[] {
    this.#deadlines.check(this.#onDue);
    if (this.#ended.length === 0) return NONE;
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }

  readonly #onDue = (begun: Begun): void => {
    const { invocation, isLate, type, id, deadlineMs } = begun;
    if (isLate) {
      const what = `${type} "${id}" has not ended, although it was told to when its deadline of ${deadlineMs} ms was over`;
      this.#end(begun, true, overdue(what, begun));
      return;
    }
    const error = overdue(`${type} "${id}" has not ended within its deadline of ${deadlineMs} ms`, begun);
    this.#report(error, id);
    invocation.abort(error);
  };

  /** A synchronous invocation of a function with a deadline begins. */
  begin(): void {
    this.#beganAtMs = this.#place.clock.elapsedMs();
  }

  /** It has returned. */
  returned({ self: { type, id } }: Invocation, deadlineMs: number): void {
    const tookMs = this.#place.clock.elapsedMs() - this.#beganAtMs;
    if (tookMs <= deadlineMs) return;
    const what = `${type} "${id}" took ${Math.ceil(tookMs)} ms, more than its deadline of ${deadlineMs} ms, and held up its shard`;
    this.#report(overdue(what, { type, id, deadlineMs }), id);
  }

  /** To the engine's error listeners. */
  #report(error: MillraceError, id: string): void {
    this.#place.effects.addForCoordinator(KIND_FAILURE, TYPE_NONE, '', failureOf(error), TYPE_UNKNOWN, id);
  }
}

type Late = Pick<Begun, 'type' | 'id' | 'deadlineMs'>;

function overdue(what: string, { type, id, deadlineMs }: Late): MillraceError {
  return new MillraceError('INVOCATION_OVERDUE', what, { details: { type, id, deadlineMs } });
}
