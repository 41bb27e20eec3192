/**
 * A courier who has a deadline: some journeys end only because they are called off, and some not even then. The next
 * attempt succeeds, or, until the bank is healed, none does. What a journey does that was given up must have no effect.
 * No journey is ended by a clock of its own, so it does not matter how fast the machine is.
 */
import { defineFunction, type FunctionType, functionType, value } from '../../src/index.ts';
import type { Arrival } from './bank-module.ts';
import { isHealed, NOTHING_DONE, type OfficeState, withOne } from './bank-office.ts';

/** In all of these the first attempt does not end by itself. */
const LOST_AMOUNT = 23;
const LATE_AMOUNT = 39;
const STUBBORN_AMOUNT = 55;

export const courier: FunctionType<Arrival | 'state', OfficeState> = functionType('bank/courier');

/** Journeys that have begun in this thread. */
const begun = new Set<string>();
/** Lets those go on that were not to be called off. */
const stubborn = new Map<string, () => void>();

export const courierFunction = defineFunction({
  type: courier,
  state: { done: value<OfficeState>({ initial: NOTHING_DONE }) },
  deadline: 5,
  failure: { attempts: 2, backoff: { initialMs: 1 } },
  async invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    await travel(ctx.signal, message);
    // A second one comes here while the first one of the stubborn tries the same, which is too late for it.
    ctx.state.done = withOne(ctx.state.done, message);
  },
});

async function travel(signal: AbortSignal, { id, amount }: Arrival): Promise<void> {
  if (amount === LOST_AMOUNT && !isHealed) await untilCalledOff(signal);
  const isFirst = !begun.has(id);
  begun.add(id);
  if (isFirst && amount === LATE_AMOUNT) await untilCalledOff(signal);
  if (isFirst && amount === STUBBORN_AMOUNT) await untilNextAttempt(id);
  stubborn.get(id)?.();
  stubborn.delete(id);
}

function untilCalledOff(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

async function untilNextAttempt(id: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stubborn.set(id, resolve);
  await promise;
}
