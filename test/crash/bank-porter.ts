/**
 * Porters, of whom each shard has few: what is too much waits, in order. They see for themselves that there are never more
 * of them under way than there may be.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineFunction, type FunctionType, functionType, value } from '../../src/index.ts';
import type { Arrival } from './bank-module.ts';
import { NOTHING_DONE, type OfficeState, withOne } from './bank-office.ts';
import { isTraced } from './bank-traces.ts';

const PORTERS_MAX = 2;
const WAY_MS = 8;

export const porter: FunctionType<Arrival | 'state', OfficeState> = functionType('bank/porter');
/** How often all porters of a shard were under way. */
export const busyPorters: FunctionType<'met', number> = functionType('bank/porter');

/** In this thread. */
let underWay = 0;

export const porterFunction = defineFunction({
  type: 'bank/porter',
  state: {
    done: value<OfficeState>({ initial: NOTHING_DONE }),
    busyCount: value({ initial: 0 }),
    lastCount: value({ initial: 0 }),
  },
  concurrency: PORTERS_MAX,
  async invoke(ctx, message: Arrival | 'state' | 'met') {
    const { state } = ctx;
    if (message === 'state') return ctx.reply(state.done);
    if (message === 'met') return ctx.reply(state.busyCount);
    const nowUnderWay = ++underWay;
    await sleep(WAY_MS);
    underWay--;
    const isInOrder = message.count > state.lastCount;
    state.done = withOne(state.done, message, nowUnderWay <= PORTERS_MAX && isInOrder && isTraced(ctx, message));
    state.lastCount = message.count;
    if (nowUnderWay === PORTERS_MAX) state.busyCount++;
  },
});
