/**
 * What an invocation does with time: messages that come later, schedules, and what becomes of both when it ends. Apart
 * from that it is the run of a function as `InvocationCore` has it.
 */
import type { Duration } from '../../sdk/duration.ts';
import type { FunctionType } from '../../sdk/function.ts';
import { checkMessageOptions } from '../../sdk/message-options.ts';
import { checkSchedule, type PendingTimer, type Schedule, TIMER_OPTIONS, type TimerOptions } from '../../sdk/timer.ts';
import { TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import { withoutEvent } from '../../wire/message-meta.ts';
import { nameOf } from '../target-numbers.ts';
import { InvocationCore } from './invocation-core.ts';
import { type Added, type Delayed, TimerWrites } from '../time/timer-writes.ts';

type Target = string | FunctionType<never>;

export abstract class TimedInvocation extends InvocationCore {
  /** What it does to timers; made when it does something to one. */
  #timerWrites: TimerWrites | undefined;

  override takeBack(): void {
    this.#timerWrites?.discard();
    super.takeBack();
  }

  override apply(): void {
    this.#timerWrites?.apply();
    super.apply();
  }

  sendAfter(delay: Duration, target: Target, id: string, message: unknown, options?: TimerOptions): void {
    const writes = this.#writes();
    const delayed = this.#delayed('ctx.sendAfter', target, id, message, options);
    writes.sendAfter(this.entity, this.place.clock.now(), delay, delayed, options);
  }

  schedule(schedule: Schedule, target: Target, id: string, message: unknown, options?: TimerOptions): void {
    const writes = this.#writes();
    checkSchedule(schedule);
    const delayed = this.#delayed('ctx.schedule', target, id, message, options);
    writes.schedule(this.entity, this.place.clock.now(), schedule, delayed, options);
  }

  cancel(token: string): boolean {
    return this.#writes().cancel(this.entity, token);
  }

  timers(): Promise<PendingTimer[]> {
    return this.#writes().list(this.entity);
  }

  /** Removes all that its address has pending. */
  protected deleteTimers(): void {
    this.#writes().erase(this.entity);
  }

  /** What it has sent with a delay, so far; for who observes it. */
  get delayed(): readonly Added[] {
    return this.#timerWrites?.added ?? [];
  }

  #writes(): TimerWrites {
    this.check();
    this.#timerWrites ??= new TimerWrites(this.place.timers, this.place.gate, this.binding.type);
    return this.#timerWrites;
  }

  #delayed(call: string, target: Target, targetId: string, message: unknown, options?: TimerOptions): Delayed {
    if (options !== undefined) checkMessageOptions(call, options, TIMER_OPTIONS);
    const { directory } = this.place;
    const number = directory.targetNumber(target);
    if (directory.checksMessages) directory.checkMessage(number, message, target);
    const targetType = number === TYPE_UNKNOWN ? (nameOf(target) as string) : (directory.typeName(number) ?? '');
    return { targetType, targetId, message, meta: withoutEvent(this.metaOf(options)) };
  }
}
