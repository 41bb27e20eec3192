/**
 * One call from its first attempt to its end: sends it, looks at what comes back, pauses and sends it again, within its
 * time. That time runs while its origin can be reached and stands still otherwise; so what fails in the end is a call
 * that somebody has answered badly, or too late, and never one that nobody could be asked.
 */
import type { CallOffSignal } from '../base/call-off.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Timers } from '../base/timers.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { Attempt, AttemptListener, AttemptOutcome, AttemptResponse, HttpClient } from './attempt.ts';
import { calledOff, contentTypeError, reasonOf, statusError } from './attempt-errors.ts';
import type { CallWatch, WatchedCall } from './call-watch.ts';
import type { CallGate, GateVisitor } from './call-gate.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { CallTarget } from './endpoint-url.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import { isTooMuch, type RetryRules, retryAfterMs } from './retry-rules.ts';

/** What the calls to one origin share. */
export interface CallGround {
  /** The endpoint as people know it. */
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly rules: RetryRules;
  readonly breaker: CircuitBreaker;
  readonly gate: CallGate;
  readonly client: HttpClient;
  readonly latencies: LatencyHistogram;
  readonly counts: { attempts: number; failures: number };
  /** All that have not ended. */
  readonly calls: Set<WatchedCall & { callOff(reason: unknown): void }>;
  readonly watch: CallWatch;
  readonly callMs: number;
  readonly readMs: number;
  readonly writeMs: number;
}

/** What is to be sent where, and who reads the response. */
export interface CallOrder<Result> {
  readonly target: CallTarget;
  readonly body: Uint8Array;
  /** Throws if the body is no response. */
  readonly read: (body: Uint8Array) => Result;
  readonly signal: CallOffSignal;
}

export class HttpCall<Result> implements AttemptListener, GateVisitor, WatchedCall {
  readonly #ground: CallGround;
  readonly #order: CallOrder<Result>;
  readonly #resolve: (result: Result) => void;
  readonly #reject: (error: unknown) => void;
  /** By the clock that runs while the breaker is closed. */
  readonly #endsAt: number;
  readonly #beganAt: number;
  #attempt: Attempt | undefined;
  #attemptCount = 0;
  /** Pauses since its origin was last out of reach: probes say nothing of how soon a call may be repeated. */
  #pauseCount = 0;
  #attemptBeganAt = 0;
  #attemptEndsAt = 0;
  #probe = 0;
  #pauseTimer: unknown;
  lookAt: number = Infinity;
  #lastStatus: number | undefined;
  #lastCause: Error | undefined;

  constructor(
    ground: CallGround,
    order: CallOrder<Result>,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ) {
    this.#ground = ground;
    this.#order = order;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#beganAt = ground.clock.elapsedMs();
    this.#endsAt = ground.breaker.closedMs() + ground.callMs;
  }

  begin(): void {
    const { signal } = this.#order;
    if (signal.aborted) return this.#reject(signal.reason);
    signal.addEventListener('abort', this);
    this.#ground.calls.add(this);
    this.#ground.gate.enter(this);
  }

  /** The gate lets it in. */
  admitted(probe: number): void {
    const { client, clock, rules, random, callMs, counts } = this.#ground;
    this.#probe = probe;
    this.#attemptCount++;
    counts.attempts++;
    this.#attemptBeganAt = clock.elapsedMs();
    // A probe may take as long as any call: it is to find out whether somebody answers at all.
    const ms = probe === 0 ? rules.attemptMs(this.#remainingMs, callMs, random) : callMs;
    this.#attemptEndsAt = this.#attemptBeganAt + ms;
    this.#attempt = client.post(this.#order.target, this.#order.body, this);
    this.#lookIn(ms, this.#attemptBeganAt);
  }

  /** The signal calls it off. */
  handleEvent(): void {
    this.callOff(this.#order.signal.reason);
  }

  /** The client says what came of the attempt. */
  attemptEnded(outcome: AttemptOutcome): void {
    this.#endAttempt();
    const { breaker, rules } = this.#ground;
    this.#lastCause = outcome.kind === 'response' ? undefined : outcome.cause;
    this.#lastStatus = outcome.kind === 'response' ? outcome.status : undefined;
    if (outcome.kind === 'silent' || outcome.kind === 'unreachable') breaker.failed(reasonOf(outcome.cause));
    else if (outcome.kind !== 'cut-short') breaker.reached();
    this.#leaveGate();
    if (outcome.kind === 'response' && this.#settle(outcome)) return;
    const wasTooMuch = isTooMuch(outcome) || isRefusedAsTooMuch(this.#lastCause);
    if (rules.isRetryable(outcome) && !wasTooMuch) this.#again(outcome);
    else this.#fail(wasTooMuch);
  }

  get #remainingMs(): number {
    return this.#endsAt - this.#ground.breaker.closedMs();
  }

  /** How long the attempt may be silent as it is now; 0: as long as it lasts. Connecting has a bound of its own. */
  get #silenceMs(): number {
    const { readMs, writeMs } = this.#ground;
    if (this.#attempt?.isSent !== true) return 0;
    return this.#attempt.isTaken ? readMs : writeMs;
  }

  /** Takes the response if it is one. */
  #settle(response: AttemptResponse): boolean {
    const { rules, latencies, clock } = this.#ground;
    const { status, contentType, body } = response;
    if (status < 200 || status > 299) {
      this.#lastCause = statusError(response);
      return false;
    }
    try {
      if (!rules.isContentType(contentType)) throw contentTypeError(contentType);
      const result = this.#order.read(body);
      latencies.add(clock.elapsedMs() - this.#attemptBeganAt);
      this.#end();
      this.#resolve(result);
      return true;
    } catch (error) {
      this.#lastCause = error instanceof Error ? error : new Error(String(error));
      return false;
    }
  }

  #again(outcome: AttemptOutcome): void {
    const { breaker, rules, gate, clock } = this.#ground;
    const remainingMs = this.#remainingMs;
    if (outcome.kind === 'unreachable' && remainingMs <= rules.nothingLeftMs) {
      breaker.open(reasonOf(outcome.cause));
    }
    if (!breaker.isClosed) {
      this.#pauseCount = 0;
      gate.enter(this);
    } else if (remainingMs <= rules.nothingLeftMs) {
      this.#fail();
    } else {
      const asked = outcome.kind === 'response' ? retryAfterMs(outcome.retryAfter, clock.now()) : undefined;
      const pauseMs = Math.max(rules.pauseMs(++this.#pauseCount), asked ?? 0);
      this.#pauseTimer = this.#ground.timers.set(() => gate.enter(this), Math.min(pauseMs, remainingMs));
    }
  }

  /** Ends the attempt when its time is up, or when it has been silent for too long. */
  look(now: number): void {
    const attempt = this.#attempt!;
    const silentAt = this.#silenceMs === 0 ? Infinity : attempt.activeAt + this.#silenceMs;
    const nextAt = Math.min(this.#attemptEndsAt, silentAt);
    if (nextAt > now) this.#lookIn(nextAt - now, now);
    else this.#cutOff(attempt, now);
  }

  /** Which silence is meant changes meanwhile, so the shorter one says when to look again. */
  #lookIn(ms: number, now: number): void {
    const { readMs, writeMs, watch } = this.#ground;
    this.lookAt = now + Math.min(ms, readMs || ms, writeMs || ms);
    watch.note(this.lookAt, now);
  }

  #cutOff(attempt: Attempt, now: number): void {
    attempt.cancel();
    const what = attempt.isAnswered ? 'The response did not end' : 'There was no response';
    const kind = attempt.isAnswered
      ? 'cut'
      : this.#saysNothing(now)
        ? 'cut-short'
        : attempt.isSent
          ? 'silent'
          : 'unreachable';
    const ms = Math.round(now - this.#attemptBeganAt);
    this.attemptEnded({ kind, cause: new Error(`${what} within ${ms} ms`) });
  }

  /** An attempt that had only the rest of the call's time, while the origin has answered somebody since the call began. */
  #saysNothing(now: number): boolean {
    const { breaker, callMs } = this.#ground;
    const isRest = this.#attemptEndsAt - this.#attemptBeganAt < callMs && this.#attemptEndsAt <= now;
    return isRest && breaker.reachedAt >= this.#beganAt;
  }

  #endAttempt(): void {
    this.#attempt = undefined;
    this.lookAt = Infinity;
  }

  #leaveGate(): void {
    const probe = this.#probe;
    this.#probe = 0;
    this.#ground.gate.leave(probe);
  }

  /** Nobody waits for it any more, or the endpoint is being closed. */
  callOff(reason: unknown): void {
    const attempt = this.#attempt;
    attempt?.cancel();
    this.#endAttempt();
    this.#ground.timers.clear(this.#pauseTimer);
    this.#ground.gate.turnAway(this);
    this.#end();
    if (attempt !== undefined) this.#leaveGate();
    this.#reject(calledOff(reason, this.#ground.name, this.#attemptCount, this.#lastCause));
  }

  #fail(isTooMuch = false): void {
    const { name, clock, counts } = this.#ground;
    const ms = Math.round(clock.elapsedMs() - this.#beganAt);
    const attempts = this.#attemptCount;
    const reason = this.#lastCause === undefined ? `status ${this.#lastStatus}` : reasonOf(this.#lastCause);
    const status = this.#lastStatus && { status: this.#lastStatus };
    const details = { endpoint: name, attempts, reason, ...status, ...(isTooMuch && { isTooMuch }) };
    counts.failures++;
    this.#end();
    const what = `A call to ${name} failed after ${attempts === 1 ? '1 attempt' : `${attempts} attempts`} in ${ms} ms`;
    this.#reject(new MillraceError('REMOTE_CALL_FAILED', `${what}: ${reason}`, { cause: this.#lastCause, details }));
  }

  #end(): void {
    const { calls, watch } = this.#ground;
    calls.delete(this);
    if (calls.size === 0) watch.close();
    this.#order.signal.removeEventListener('abort', this);
  }
}

/** The body has come as a whole, and holds more than is read: so would the next one. */
function isRefusedAsTooMuch(error: Error | undefined): boolean {
  return error instanceof MillraceError && error.details['isTooMuch'] === true;
}
