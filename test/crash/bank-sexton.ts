/**
 * A sexton who is told everything twice, later: first by a message that may be skipped when it is late, then by one that
 * comes in any case, and knows whether the first one could be missing.
 */
import { defineFunction, type FunctionType, functionType, table, value } from '../../src/index.ts';
import type { Arrival } from './bank-module.ts';
import { NOTHING_DONE, type OfficeState, withOne } from './bank-office.ts';
import { isTraced } from './bank-traces.ts';

const TOLERANCE_MS = 30;

type SextonMessage =
  | Arrival
  | { readonly first: Arrival }
  | { readonly last: Arrival; readonly dueMs: number }
  | 'state'
  | 'met';

export const sexton: FunctionType<Arrival | 'state', OfficeState> = functionType('bank/sexton');
/** How many were skipped. */
export const skipped: FunctionType<'met', number> = functionType('bank/sexton');

export const sextonFunction = defineFunction({
  type: 'bank/sexton',
  state: {
    done: value<OfficeState>({ initial: NOTHING_DONE }),
    skippedCount: value({ initial: 0 }),
    firsts: table({ initial: 0 }),
  },
  invoke(ctx, message: SextonMessage) {
    const { state, self } = ctx;
    if (message === 'state') return ctx.reply(state.done);
    if (message === 'met') return ctx.reply(state.skippedCount);
    if ('first' in message) {
      const { id } = message.first;
      return state.firsts.set(id, state.firsts.get(id) + 1);
    }
    if (!('last' in message)) {
      const delayMs = message.amount % 32;
      const dueMs = ctx.now() + delayMs;
      ctx.sendAfter(delayMs, self.type, self.id, { first: message }, { late: 'skip', tolerance: TOLERANCE_MS });
      ctx.sendAfter(delayMs, self.type, self.id, { last: message, dueMs });
      return;
    }
    const { last, dueMs } = message;
    const firstCount = state.firsts.get(last.id);
    state.firsts.delete(last.id);
    // Both were due together, so the first one was looked at no later than this one.
    const mayBeSkipped = ctx.now() - dueMs > TOLERANCE_MS;
    const isRight = firstCount === 1 || (firstCount === 0 && mayBeSkipped);
    if (firstCount === 0) state.skippedCount++;
    state.done = withOne(state.done, last, isRight && isTraced(ctx, last));
  },
});
