/**
 * What the bank does beside moving money, each office with another feature of the engine: an auditor whose refusals are
 * dead letters, a vault that is parked, a notary that does not wait, an archive with boxes that come and go, and others in
 * files of their own. Until the bank is *healed*, in the life that finishes, some transfers are refused; then all are
 * done, each once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AsyncResult,
  type Context,
  defineFunction,
  type FunctionType,
  functionType,
  isAsyncResult,
  value,
} from '../../src/index.ts';
import { type Boxed, sendToBox } from './bank-boxes.ts';
import { claims, register } from './bank-claims.ts';
import { clerk, handToClerk } from './bank-clerk.ts';
import { courier } from './bank-courier.ts';
import { ledger } from './bank-ledger.ts';
import type { Arrival } from './bank-module.ts';
import { bailiff, powderRoom } from './bank-ordeals.ts';
import { porter } from './bank-porter.ts';
import { sexton } from './bank-sexton.ts';
import { isTraced } from './bank-traces.ts';
import { isHealed, NOTHING_DONE, type OfficeState, REFUSED, withOne } from './bank-office.ts';

export const auditor = functionType<Arrival | 'state', OfficeState>('bank/auditor');
export const vault = functionType<Arrival | 'state', OfficeState>('bank/vault');
export const notary = functionType<Arrival | 'state' | AsyncResult<Arrival>, OfficeState>('bank/notary');
export const archive = functionType<Arrival | 'state' | Boxed, OfficeState>('bank/archive');
export const OFFICES: readonly FunctionType<'state', OfficeState>[] = [
  auditor,
  vault,
  notary,
  archive,
  claims,
  register,
  courier,
  clerk,
  ledger,
  sexton,
  porter,
  bailiff,
  powderRoom,
];

/** Which of them an arrival goes to. */
export function officeOf(amount: number): FunctionType<never, OfficeState> | undefined {
  if (amount % 8 === 6) return notary;
  if (amount % 16 === 13) return auditor;
  if (amount % 16 === 5) return vault;
  if (amount % 16 === 11) return archive;
  if (amount % 16 === 3) return claims;
  if (amount % 16 === 7) return courier;
  if (amount % 16 === 15) return clerk;
  if (amount % 16 === 2) return ledger;
  if (amount % 16 === 9) return sexton;
  if (amount % 16 === 10) return porter;
  if (amount % 16 === 4) return bailiff;
  if (amount % 16 === 12) return powderRoom;
  return undefined;
}

export function handToOffice(ctx: Pick<Context, 'send' | 'self'>, arrival: Arrival): void {
  const office = officeOf(arrival.amount);
  if (office === clerk) handToClerk(ctx, arrival);
  else if (office !== undefined) ctx.send(office.type, ctx.self.id, arrival);
}

const state = { done: value<OfficeState>({ initial: NOTHING_DONE }) };

export const auditorFunction = defineFunction({
  type: auditor,
  state,
  failure: { attempts: 2, backoff: { initialMs: 1 } },
  invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    if (!isHealed && message.amount === 13) throw new Error(REFUSED);
    ctx.state.done = withOne(ctx.state.done, message, isTraced(ctx, message));
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
    const isInOrder = message.count > ctx.state.lastCount;
    ctx.state.done = withOne(ctx.state.done, message, isInOrder && isTraced(ctx, message));
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
    ctx.state.done = withOne(ctx.state.done, metadata, status !== 'failure' && isTraced(ctx, metadata));
  },
});

/** Each arrival goes through a box of its own. */
export const archiveFunction = defineFunction({
  type: archive,
  state,
  invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    if (!('boxed' in message)) return sendToBox(ctx, message);
    ctx.state.done = withOne(ctx.state.done, message.boxed, message.isRight);
  },
});
