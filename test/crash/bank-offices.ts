/**
 * What the bank does beside moving money, each office with another feature of the engine: an auditor whose refusals are
 * dead letters, a vault that is parked, a notary that does not wait, and an archive with boxes that come and go. Until the bank is *healed*, in the life that
 * finishes, some transfers are refused; then all are done, each once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AsyncResult,
  defineFunction,
  type FunctionType,
  functionType,
  isAsyncResult,
  value,
} from '../../src/index.ts';
import { type Boxed, sendToBox } from './bank-boxes.ts';
import type { Arrival } from './bank-module.ts';

export const HEALED_VARIABLE = 'CRASH_HEALED';
export const REFUSED = 'refused until the bank is healed';

export interface OfficeState {
  /** Of the amounts that it has handled. */
  readonly sum: number;
  readonly count: number;
  /** How often something was not as it must be. */
  readonly faultCount: number;
}
export const NOTHING_DONE: OfficeState = { sum: 0, count: 0, faultCount: 0 };

export const auditor = functionType<Arrival | 'state', OfficeState>('bank/auditor');
export const vault = functionType<Arrival | 'state', OfficeState>('bank/vault');
export const notary = functionType<Arrival | 'state' | AsyncResult<Arrival>, OfficeState>('bank/notary');
export const archive = functionType<Arrival | 'state' | Boxed, OfficeState>('bank/archive');
export const OFFICES: readonly FunctionType<Arrival | 'state', OfficeState>[] = [auditor, vault, notary, archive];

/** Which of them an arrival goes to. */
export function officeOf(amount: number): FunctionType<Arrival, OfficeState> | undefined {
  if (amount % 16 === 13) return auditor;
  if (amount % 16 === 5) return vault;
  if (amount % 8 === 6) return notary;
  if (amount % 16 === 11) return archive;
  return undefined;
}

const isHealed = process.env[HEALED_VARIABLE] !== undefined;
const state = { done: value<OfficeState>({ initial: NOTHING_DONE }) };

function withOne(done: OfficeState, { amount }: Arrival): OfficeState {
  return { ...done, sum: done.sum + amount, count: done.count + 1 };
}

export const auditorFunction = defineFunction({
  type: auditor,
  state,
  failure: { attempts: 2, backoff: { initialMs: 1 } },
  invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    if (!isHealed && message.amount === 13) throw new Error(REFUSED);
    ctx.state.done = withOne(ctx.state.done, message);
  },
});

/** Who is parked keeps its messages in order. */
export const vaultFunction = defineFunction({
  type: vault,
  state: { ...state, lastCount: value({ initial: 0 }) },
  failure: { otherwise: 'park' },
  invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    if (!isHealed && message.amount === 21) throw new Error(REFUSED);
    const done = withOne(ctx.state.done, message);
    const isInOrder = message.count > ctx.state.lastCount;
    ctx.state.done = isInOrder ? done : { ...done, faultCount: done.faultCount + 1 };
    ctx.state.lastCount = message.count;
  },
});

/** Each operation has one result, whatever it is. */
export const notaryFunction = defineFunction({
  type: notary,
  state,
  invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    if (!isAsyncResult(message)) return ctx.async(message, () => sleep(message.amount % 3));
    const { status, metadata } = message;
    const done = withOne(ctx.state.done, metadata);
    ctx.state.done = status === 'failure' ? { ...done, faultCount: done.faultCount + 1 } : done;
  },
});

/** Each arrival goes through a box of its own. */
export const archiveFunction = defineFunction({
  type: archive,
  state,
  invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    if (!('boxed' in message)) return sendToBox(ctx, message);
    const done = withOne(ctx.state.done, message.boxed);
    ctx.state.done = message.isRight ? done : { ...done, faultCount: done.faultCount + 1 };
  },
});
