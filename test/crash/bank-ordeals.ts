/**
 * Two offices that end more than their invocation, in lives that are meant to end so: a bailiff whose failure stops the
 * engine, and a powder room where a thread dies of some messages, until they are quarantined. All others are done there,
 * once, and in later lives these are, too.
 */
import { defineFunction, type FunctionType, functionType, value } from '../../src/index.ts';
import type { Arrival } from './bank-module.ts';
import { NOTHING_DONE, type OfficeState, ordeal, withOne } from './bank-office.ts';
import { isTraced } from './bank-traces.ts';

export const HALTED = 'the bank is to be halted';
const HALTING_AMOUNT = 20;
const FATAL_AMOUNT = 28;

export const bailiff: FunctionType<Arrival | 'state', OfficeState> = functionType('bank/bailiff');
export const powderRoom: FunctionType<Arrival | 'state', OfficeState> = functionType('bank/powder-room');

const state = { done: value<OfficeState>({ initial: NOTHING_DONE }), lastCount: value({ initial: 0 }) };

export const bailiffFunction = defineFunction({
  type: bailiff,
  state,
  failure: { otherwise: 'stop' },
  invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    if (ordeal === 'stopped' && message.amount === HALTING_AMOUNT) throw new Error(HALTED);
    // Nothing overtakes what has stopped the engine.
    const isInOrder = message.count > ctx.state.lastCount;
    ctx.state.done = withOne(ctx.state.done, message, isInOrder && isTraced(ctx, message));
    ctx.state.lastCount = message.count;
  },
});

export const powderRoomFunction = defineFunction({
  type: powderRoom,
  state,
  invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    // Nothing of this is ever seen where the thread dies.
    ctx.state.done = withOne(ctx.state.done, message, isTraced(ctx, message));
    // In a worker it ends the thread.
    // oxlint-disable-next-line unicorn/no-process-exit, node/no-process-exit
    if (ordeal === 'quarantined' && message.amount === FATAL_AMOUNT) process.exit(1);
  },
});
