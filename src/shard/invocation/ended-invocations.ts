/**
 * Async invocations from their first await until a turn of the shard carries out what follows from their end. A promise
 * settles at any time; nothing in the shard changes then. One that does not settle in time is reported, and in the end
 * counts as failed: whatever its code does after that has no effect.
 */
import type { Address } from '../../sdk/address.ts';
import { MillraceError } from '../../sdk/errors.ts';
import type { Entity } from '../../state/entity.ts';
import { KIND_FAILURE, TYPE_NONE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import { Deadlines, type Watched } from '../time/deadlines.ts';
import { failureOf } from '../failing/failure.ts';
import type { FunctionBinding } from '../function-binding.ts';
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

const NO_DEADLINE = Number.POSITIVE_INFINITY;
/** How many are kept to be used again. */
const FREE_COUNT_MAX = 1_024;

type Settled = (begun: Begun, failed: boolean, error: unknown) => void;

/** One under way. When its promise has settled nobody holds it any more, and it serves another one. */
class Begun implements EndedInvocation, Watched {
  invocation: Invocation;
  message: unknown = undefined;
  form = 0;
  deadlineMs: number = NO_DEADLINE;
  beganAtMs = 0;
  /** From its beginning until its promise settled; known of who has a deadline. */
  tookMs = 0;
  isLate = false;
  dueMs = 0;
  hasEnded = false;
  hasSettled = false;
  failed = false;
  error: unknown = undefined;
  /** What its promise calls: made once, however often it is used. */
  readonly onReturned: () => void;
  readonly onThrown: (error: unknown) => void;

  constructor(invocation: Invocation, settled: Settled) {
    this.invocation = invocation;
    this.onReturned = () => settled(this, false, undefined);
    this.onThrown = (error) => settled(this, true, error);
  }

  begin(invocation: Invocation, message: unknown, form: number, beganAtMs: number): void {
    this.invocation = invocation;
    this.message = message;
    this.form = form;
    this.deadlineMs = invocation.deadlineMs ?? NO_DEADLINE;
    this.beganAtMs = beganAtMs;
    this.tookMs = 0;
    this.isLate = false;
    this.hasEnded = false;
    this.hasSettled = false;
  }

  end(failed: boolean, error: unknown): void {
    this.hasEnded = true;
    this.failed = failed;
    this.error = error;
  }
}

export class EndedInvocations {
  /** Called when one has ended and a turn is due. */
  onEnded: () => void = () => {};
  readonly #place: Workplace;
  readonly #deadlines: Deadlines<Begun>;
  #ended: Begun[] = [];
  readonly #free: Begun[] = [];
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

  /** Whether one under way has a deadline, so that time alone will end it. */
  get awaitsDeadline(): boolean {
    return !this.#deadlines.isEmpty;
  }

  watch(result: Promise<void>, invocation: Invocation, message: unknown, form: number): void {
    const begun = this.#free.pop() ?? new Begun(invocation, this.#onSettled);
    begun.begin(invocation, message, form, this.#beganAtMs);
    if (begun.deadlineMs < NO_DEADLINE) this.#deadlines.add(begun);
    result.then(begun.onReturned, begun.onThrown);
  }

  readonly #onSettled: Settled = (begun, failed, error) => {
    // Whoever was given up may settle much later, and is left to the garbage collector.
    if (begun.hasEnded) return;
    begun.hasSettled = true;
    if (begun.deadlineMs < NO_DEADLINE) {
      this.#deadlines.remove(begun);
      begun.tookMs = this.#place.clock.elapsedMs() - begun.beganAtMs;
    }
    begun.end(failed, error);
    this.#ended.push(begun);
    this.onEnded();
  };

  /** Calls back for each that has ended since; returns how many. */
  carryOut(settle: (ended: EndedInvocation) => void): number {
    this.#deadlines.check(this.#onDue);
    const ended = this.#ended;
    if (ended.length === 0) return 0;
    this.#ended = [];
    for (const begun of ended) {
      // It may have computed until it was over, so that nobody could look meanwhile.
      if (begun.tookMs > begun.deadlineMs && !begun.isLate) this.#reportLate(begun.invocation.self, begun, '');
      settle(begun);
      if (!begun.hasSettled || this.#free.length === FREE_COUNT_MAX) continue;
      begun.message = undefined;
      begun.error = undefined;
      this.#free.push(begun);
    }
    return ended.length;
  }

  readonly #onDue = (begun: Begun): void => {
    const { isLate, deadlineMs, invocation } = begun;
    const { type, id } = invocation.self;
    const late = { type, id, deadlineMs };
    if (isLate) {
      const what = `${type} "${id}" has not ended, although it was told to when its deadline of ${deadlineMs} ms was over`;
      begun.end(true, overdue(what, late));
      this.#ended.push(begun);
      return;
    }
    const error = overdue(`${type} "${id}" has not ended within its deadline of ${deadlineMs} ms`, late);
    this.#report(error, id);
    invocation.abort(error);
  };

  /** An invocation of a function with a deadline begins. */
  begin(): void {
    this.#beganAtMs = this.#place.clock.elapsedMs();
  }

  /** It has returned or thrown, and not left a promise. */
  ended({ type, deadlineMs = NO_DEADLINE }: FunctionBinding, { id }: Entity): void {
    const tookMs = this.#place.clock.elapsedMs() - this.#beganAtMs;
    if (tookMs > deadlineMs) this.#reportLate({ type, id }, { tookMs, deadlineMs }, ', and held up its shard');
  }

  #reportLate({ type, id }: Address, { tookMs, deadlineMs }: Pick<Begun, 'tookMs' | 'deadlineMs'>, what: string): void {
    const took = `${type} "${id}" took ${Math.ceil(tookMs)} ms, more than its deadline of ${deadlineMs} ms${what}`;
    this.#report(overdue(took, { type, id, deadlineMs }), id);
  }

  /** To the engine's error listeners. */
  #report(error: MillraceError, id: string): void {
    this.#place.effects.addForCoordinator(KIND_FAILURE, TYPE_NONE, '', failureOf(error), TYPE_UNKNOWN, id);
  }
}

type Late = Address & Pick<Begun, 'deadlineMs'>;

function overdue(what: string, { type, id, deadlineMs }: Late): MillraceError {
  return new MillraceError('INVOCATION_OVERDUE', what, { details: { type, id, deadlineMs } });
}
